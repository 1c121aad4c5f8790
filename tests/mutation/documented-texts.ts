import type { Ignorer } from '@stryker-mutator/api/ignore';
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { isObject } from '../../lib/runtime/json.ts';

const REASON = 'a text of the documentation, which a test of its own compares with docs/';

/** The names of members that hold them: of `delivery/reactions.ts`, and of `dead-letters/runbook.ts`. */
const NAMES = ['answers', 'seen', 'means', 'advice'];

/** The value of a member that has one of the names, as Babel's tree has it. */
function isDocumentedText(node: unknown, parent: unknown): boolean {
  if (!isObject(parent) || parent['type'] !== 'ObjectProperty' || parent['value'] !== node) return false;
  const { key } = parent;
  return isObject(key) && NAMES.some((name) => key['name'] === name);
}

const ignorer: Ignorer = {
  shouldIgnore: (path) =>
    isObject(path) && isDocumentedText(path['node'], path['parent']) ? REASON : undefined,
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'documented-texts', ignorer)];
