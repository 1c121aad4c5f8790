import * as v from 'valibot';

const templateSchema = v.looseObject({
  Resources: v.record(
    v.string(),
    v.looseObject({ Type: v.string(), Properties: v.optional(v.record(v.string(), v.unknown()), {}) }),
  ),
  Conditions: v.optional(v.record(v.string(), v.unknown()), {}),
});

/** A CloudFormation template, as far as a deployment looks at it. */
export type StackTemplate = v.InferOutput<typeof templateSchema>;

/** @throws where the text is not a template */
export const parseStackTemplate = (json: string): StackTemplate => v.parse(templateSchema, JSON.parse(json));

const isContainer = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** What is found at `path` in `value`, or undefined. */
export const lookUp = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, key) => (isContainer(inner) ? inner[key] : undefined), value);

/** Every leaf of `value` as JSON, by its path with dots between the keys. */
export function flattenLeaves(value: unknown, path: string): [path: string, leaf: string][] {
  const isLeaf = !isContainer(value) || Object.keys(value).length === 0;
  if (isLeaf) return [[path, JSON.stringify(value) ?? '']];
  return Object.entries(value).flatMap(([key, inner]) => flattenLeaves(inner, `${path}.${key}`));
}
