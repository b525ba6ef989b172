/** The schema's shapes as TypeScript types, one attribute a line, so that a new version gives a readable diff. */
import type { Attribute, Schema, Shape } from './schema.ts';

export function typesOf(schema: Schema): string {
  const byClass = schema.classes.map(({ name, uid }) => `  readonly ${uid}: ${typeName(name)};\n`).join('');
  return [
    ...[...schema.classes, ...schema.objects].map(typeOf),
    `/** By \`class_uid\`. */\nexport type OcsfByClass = {\n${byClass}};\n`,
  ].join('\n');
}

export function typeName(name: string): string {
  const words = name.split('_').filter((word) => word !== '');
  return `Ocsf${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
}

/** Type aliases, not interfaces: only those are assignable to a record of unknown values. */
function typeOf(shape: Shape): string {
  const lines = shape.attributes.map((attribute) => {
    // What a profile requires is only required where the event declares it.
    const isOptional = !attribute.isRequired || attribute.profile !== undefined;
    return `  readonly ${attribute.name}${isOptional ? '?' : ''}: ${valueType(attribute)};\n`;
  });
  return `export type ${typeName(shape.name)} = {\n${lines.join('')}};\n`;
}

function valueType(attribute: Attribute): string {
  const single = singleType(attribute);
  return attribute.isArray ? `readonly ${single}[]` : single;
}

function singleType({ base, object }: Attribute): string {
  switch (base) {
    case 'string':
      return 'string';
    case 'integer':
    case 'float':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'json':
      return 'unknown';
    case 'any-object':
      return 'AnyObject';
    case 'object':
      return typeName(object ?? '');
  }
}
