import Sequencer from '@jest/test-sequencer';

/** The fastest tests first; the simulation, which has work for every processor, last. */
const FOLDERS = ['unit', 'support', 'infra', 'integration', 'browser', 'simulation'];

/** The folder of `tests/` that a test file is in. */
export const folderOf = ({ context, path }) => path.slice(context.config.rootDir.length).split('/')[2];

/** Runs the test files folder by folder, and within one as Jest does: those that failed and long ones first. */
export default class FolderSequencer extends Sequencer {
  sort(tests) {
    const rankOf = (test) => FOLDERS.indexOf(folderOf(test));
    return super.sort(tests).sort((a, b) => rankOf(a) - rankOf(b));
  }
}
