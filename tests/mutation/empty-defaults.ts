import type { Ignorer, NodePath } from '@stryker-mutator/api/ignore';
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { isObject } from '../../lib/runtime/json.ts';

const REASON =
  'an empty default is there for the types: where a value can be missing, that it is empty is what counts';

/** The `''` and `[]` of `[name = '']`, `value ?? ''` and `found ?? []`, as Babel's tree has them. */
function isEmptyDefault(path: NodePath): boolean {
  if (!isObject(path) || !isObject(path['node']) || !isObject(path['parent'])) return false;
  const { node, parent } = path;
  const isDefault =
    parent['right'] === node && (parent['type'] === 'AssignmentPattern' || parent['operator'] === '??');
  const isEmptyText = node['type'] === 'StringLiteral' && node['value'] === '';
  const isEmptyList =
    node['type'] === 'ArrayExpression' && Array.isArray(node['elements']) && node['elements'].length === 0;
  return isDefault && (isEmptyText || isEmptyList);
}

const ignorer: Ignorer = {
  shouldIgnore: (path) => (isEmptyDefault(path) ? REASON : undefined),
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'empty-defaults', ignorer)];
