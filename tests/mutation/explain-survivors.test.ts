import { describe, expect, test } from '@jest/globals';
import { explainSurvivors } from './explain-survivors.ts';

const survivor = {
  file: 'lib/mapping/flatten.ts',
  original: '  if (later.length > 0) {\n    return later;\n',
  mutated: '  if (true) {\n    return later;\n',
};
const files = new Set([survivor.file]);
const accept = (...lines: string[]) => ({
  [survivor.file]: Object.fromEntries(lines.map((line) => [line, 'a reason'])),
});

describe('a mutant that survives', () => {
  test.each([
    ['its own line', 'if (true) { return later;'],
    ['the line as it is without mutants', 'if (later.length > 0) { return later;'],
    ['the beginning of a line', 'if (true) {…'],
  ])('is explained by %s', (_what, line) => {
    expect(explainSurvivors([survivor], files, accept(line))).toEqual({ unexplained: [], stale: [] });
  });

  test.each([
    ['another mutant of its line', accept('if (false) { return later;')],
    ['a part of its line', accept('if (true) {')],
    ['a line of another file', { 'lib/mapping/params.ts': { 'if (true) {…': 'a reason' } }],
  ])('is not explained by %s', (_what, accepted) => {
    expect(explainSurvivors([survivor], files, accepted).unexplained).toEqual([survivor]);
  });
});

describe('a reason', () => {
  test('is stale once the mutant no longer survives', () => {
    expect(explainSurvivors([], files, accept('if (true) {…')).stale).toEqual([
      { file: survivor.file, line: 'if (true) {…' },
    ]);
  });

  test('is not compared unless its file was mutated', () => {
    expect(explainSurvivors([], new Set(), accept('if (true) {…')).stale).toEqual([]);
  });
});
