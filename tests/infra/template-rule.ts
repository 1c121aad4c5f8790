import { isDeepStrictEqual } from 'node:util';
import { at, type Template } from '../support/template.ts';

/** What is wrong with a template, one line a problem. */
export type Rule = (template: Template) => string[];

/** A property, by `Resource.Property`. */
export const property = (template: Template, path: string): unknown => {
  const [id, ...keys] = path.split('.');
  return at(template.Resources, [id, 'Properties', ...keys].join('.'));
};

/** The ARN of a resource, as a template refers to it. */
export const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** The rule that properties, by `Resource.Property`, have these values; undefined is for what must not be set. */
export const hasProperties =
  (expected: Record<string, unknown>): Rule =>
  (template) =>
    Object.entries(expected)
      .filter(([path, value]) => !isDeepStrictEqual(property(template, path), value))
      .map(
        ([path, value]) =>
          `${path} is ${JSON.stringify(property(template, path))}, not ${JSON.stringify(value)}`,
      );

/** The same of each of the resources. */
export const eachHasProperties = (ids: readonly string[], expected: Record<string, unknown>): Rule =>
  hasProperties(
    Object.fromEntries(
      ids.flatMap((id) => Object.entries(expected).map(([name, value]) => [`${id}.${name}`, value])),
    ),
  );

/** The ids of every resource of a type. */
export const idsOf = ({ Resources }: Template, type: string) =>
  Object.keys(Resources).filter((id) => Resources[id]?.Type === type);

/** The values at `path` of every resource of a type, by the resource's id. */
export const valuesOf = (template: Template, type: string, path: string) =>
  Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]): [string, unknown] => [id, at(resource.Properties, path)]);

export const findDifference = (actual: unknown, expected: unknown, what: string) =>
  isDeepStrictEqual(actual, expected)
    ? []
    : [`${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
