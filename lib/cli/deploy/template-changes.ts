import { flattenLeaves, type StackTemplate } from './stack-template.ts';

/** The place of the functions' code, which is another with every package. */
const CODE = /^\w+\.Properties\.Code\./;

/** A longer value says more than a line can. */
const MAX_VALUE_LENGTH = 60;

/** How a deployment changes the stack, one line for each resource that comes or goes and for each value. */
export function listChanges(before: StackTemplate, after: StackTemplate): string[] {
  const isIn = (template: StackTemplate) => (id: string) => Object.hasOwn(template.Resources, id);
  const added = Object.keys(after.Resources).filter((id) => !isIn(before)(id));
  const removed = Object.keys(before.Resources).filter((id) => !isIn(after)(id));
  const both = Object.keys(before.Resources).filter(isIn(after));

  const leaves = (template: StackTemplate) =>
    new Map([
      ...both.flatMap((id) => flattenLeaves(template.Resources[id], id)),
      ...flattenLeaves(template.Conditions, 'Conditions'),
    ]);
  const [old, next] = [leaves(before), leaves(after)];
  const changed = [...new Set([...old.keys(), ...next.keys()])].filter(
    (path) => old.get(path) !== next.get(path) && !CODE.test(path),
  );
  const isSetting = (path: string) => path.includes('.Environment.Variables.');
  return [
    // Settings first: they are what is changed by hand.
    ...[...changed.filter(isSetting), ...changed.filter((path) => !isSetting(path))].map(
      (path) => `~ ${path}: ${formatLeaf(old.get(path))} → ${formatLeaf(next.get(path))}`,
    ),
    ...added.map((id) => `+ ${id} (${after.Resources[id]?.Type})`),
    ...removed.map((id) => `- ${id} (${before.Resources[id]?.Type})`),
  ];
}

function formatLeaf(leaf: string | undefined): string {
  if (leaf === undefined) return 'not set';
  return leaf.length > MAX_VALUE_LENGTH ? `${leaf.slice(0, MAX_VALUE_LENGTH)}…` : leaf;
}
