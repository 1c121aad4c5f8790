import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { isRecord, type Template } from '../support/template.ts';

/** AWS's own description of every resource type of CloudFormation. */
const specification = loadAwsServiceSpecSync();

const resourceType = (name: string) =>
  specification.lookup('resource', 'cloudFormationType', 'equals', name)[0];

type ResourceProperties = NonNullable<ReturnType<typeof resourceType>>['properties'];
type PropertyType = ResourceProperties[string]['type'];

const isIntrinsic = (value: unknown) => {
  const [key, ...others] = isRecord(value) ? Object.keys(value) : [];
  return key !== undefined && others.length === 0 && /^(Ref|Fn::\w+)$/.test(key);
};

const primitives: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  'date-time': (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  json: isRecord,
  tag: (value) => isRecord(value) && 'Key' in value && 'Value' in value,
};

function valueProblems(value: unknown, type: PropertyType, path: string): string[] {
  if (isIntrinsic(value)) return [];
  if (type.type === 'union') {
    const problems = type.types.map((option) => valueProblems(value, option, path));
    return problems.find((found) => found.length === 0) ?? problems[0] ?? [];
  }
  if (type.type === 'ref' && isRecord(value)) {
    const { properties } = specification.get('typeDefinition', type.reference);
    return objectProblems(value, properties, path);
  }
  if (type.type === 'array' && Array.isArray(value)) {
    return value.flatMap((item, index) => valueProblems(item, type.element, `${path}.${index}`));
  }
  if (type.type === 'map' && isRecord(value)) {
    return Object.entries(value).flatMap(([key, item]) =>
      valueProblems(item, type.element, `${path}.${key}`),
    );
  }
  return primitives[type.type]?.(value) ? [] : [`${path} is not of type ${type.type}`];
}

function objectProblems(
  value: Record<string, unknown>,
  properties: ResourceProperties,
  path: string,
): string[] {
  const missing = Object.keys(properties).filter((name) => properties[name]?.required && !(name in value));
  const given = Object.entries(value).flatMap(([name, item]) => {
    const property = properties[name];
    return property
      ? valueProblems(item, property.type, `${path}.${name}`)
      : [`AWS knows no ${path}.${name}`];
  });
  return [...missing.map((name) => `${path}.${name} is missing`), ...given];
}

/** Where the template's resources differ from AWS's specification: types, properties, the values' types. */
export function specificationProblems(template: Template): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) => {
    const type = resourceType(Type);
    return type ? objectProblems(Properties, type.properties, id) : [`AWS knows no ${Type} (${id})`];
  });
}

/** References of the template to resources, attributes of resources, and conditions, that do not exist. */
export function danglingReferences(template: Template): string[] {
  const exists = (id: string) => id.startsWith('AWS::') || id in template.Resources;
  const attributeExists = (id: string, attribute: string) =>
    attribute in (resourceType(template.Resources[id]?.Type ?? '')?.attributes ?? {});

  const isFound = (name: string) => {
    const [id = '', attribute] = name.split('.');
    return attribute === undefined ? exists(id) : attributeExists(id, attribute);
  };
  const conditions = Object.keys(isRecord(template['Conditions']) ? template['Conditions'] : {});

  const unknownCondition = (condition: unknown) =>
    typeof condition === 'string' && !conditions.includes(condition) ? [`Condition ${condition}`] : undefined;

  /** By the key of a reference, what of its target does not exist; undefined if it has to be searched itself. */
  const finders: Readonly<Record<string, (target: unknown) => string[] | undefined>> = {
    Ref: (target) => (exists(String(target)) ? [] : [`Ref ${target}`]),
    'Fn::GetAtt': (target) => {
      if (!Array.isArray(target)) return undefined;
      const [id = '', attribute = ''] = target.map(String);
      return attributeExists(id, attribute) ? [] : [`GetAtt ${target.join('.')}`];
    },
    'Fn::Sub': (target) => {
      if (typeof target !== 'string') return undefined;
      const names = Array.from(target.matchAll(/\$\{([^!}]+)\}/g), (match) => match[1] ?? '');
      return names.filter((name) => !isFound(name)).map((name) => `Sub ${name}`);
    },
    'Fn::If': (target) => (Array.isArray(target) ? unknownCondition(target[0]) : undefined),
    Condition: unknownCondition,
    DependsOn: (target) =>
      [target]
        .flat()
        .map(String)
        .filter((id) => !exists(id)),
  };

  const search = (value: unknown): string[] => {
    if (!isRecord(value)) return [];
    return Object.entries(value).flatMap(([key, target]) => finders[key]?.(target) ?? search(target));
  };
  return search(template);
}
