import { folderOf } from './folder-sequencer.js';

/** Says when a folder's tests begin, between the lines of Jest's own reporter. */
export default class FolderReporter {
  #begun = new Set();

  onTestFileStart(test) {
    const folder = folderOf(test);
    if (this.#begun.has(folder)) return;
    this.#begun.add(folder);
    process.stderr.write(`\ntests/${folder}, after ${Math.round(process.uptime())} s\n`);
  }
}
