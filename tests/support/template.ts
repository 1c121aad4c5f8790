import * as v from 'valibot';

const templateSchema = v.looseObject({
  Resources: v.record(
    v.string(),
    v.looseObject({ Type: v.string(), Properties: v.optional(v.record(v.string(), v.unknown()), {}) }),
  ),
});

/** A CloudFormation template, as far as the tests need to know its shape. */
export type Template = v.InferOutput<typeof templateSchema>;

export const parseTemplate = (json: string): Template => v.parse(templateSchema, JSON.parse(json));

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** What stands at `path` (keys and indices, separated by dots) in `value`, or undefined. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
}

/**
 * A copy of `template` in which `path` holds `value`, or is gone if `value` is undefined.
 *
 * @throws if there is nothing to remove, or nowhere to put the value: such a change would prove nothing.
 */
export function withChange(template: Template, path: string, value?: unknown): Template {
  // Not structuredClone: under jest its objects are of another realm, and equal to none of ours.
  const copy = parseTemplate(JSON.stringify(template));
  const end = path.lastIndexOf('.');
  const key = path.slice(end + 1);
  const parent = at(copy, path.slice(0, end));
  if (!isRecord(parent) || (value === undefined && !(key in parent))) {
    throw new Error(`The template has no ${path} that could be changed.`);
  }
  if (value === undefined) delete parent[key];
  else parent[key] = value;
  return copy;
}
