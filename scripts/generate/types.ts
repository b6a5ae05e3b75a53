import {
  type ApiModel,
  exceptionsOf,
  extraMembers,
  HEADER,
  key,
  quoted,
  type Shape,
  type ShapeRef,
  shapeOf,
} from './model.ts'

const SCALARS: Partial<Record<Shape['type'], string>> = {
  string: 'string',
  integer: 'number',
  long: 'number',
  double: 'number',
  float: 'number',
  boolean: 'boolean',
  blob: 'Uint8Array',
  timestamp: 'Date',
}

/** Names a shape must not take, as the generated types use them in their usual meaning. */
const TAKEN = new Set([
  ...['Date', 'Record', 'Partial', 'Uint8Array', 'Inputs', 'Outputs'],
  ...['OperationName', 'ErrorName', 'ErrorMembers', 'DeclaredErrors'],
])

/** `types.ts`: what handlers take and give. */
export function typesFile(model: ApiModel): string {
  const named = (name: string) => {
    if (TAKEN.has(name)) throw new Error(`the shape ${name} needs another TypeScript name`)
    return name
  }
  const typeOf = (ref: ShapeRef): string => {
    const shape = shapeOf(model, ref)
    if (shape.type === 'structure' || shape.enum) return named(ref.shape)
    if (shape.member) return `${typeOf(shape.member)}[]`
    if (!shape.key || !shape.value) return SCALARS[shape.type] ?? fail(ref.shape)
    const record = `Record<${typeOf(shape.key)}, ${typeOf(shape.value)}>`
    return shapeOf(model, shape.key).enum ? `Partial<${record}>` : record
  }
  const member = ([name, ref]: [string, ShapeRef], required: string[] = []) => {
    const type = required.includes(name) ? `: ${typeOf(ref)}` : `?: ${typeOf(ref)} | undefined`
    return `${ref.deprecated ? '/** @deprecated */ ' : ''}${key(name)}${type}`
  }
  const block = (opening: string, lines: string[]) =>
    lines.length ? `${opening}{\n${lines.map((line) => `  ${line}\n`).join('')}}` : `${opening}{}`

  const shapes = Object.entries(model.shapes)
  const operations = Object.entries(model.operations)
  const union = (names: string[]) =>
    names.length ? names.map((name) => `\n  | ${quoted(name)}`).join('') : ' never'
  return `${[
    HEADER.trimEnd(),
    ...shapes
      .filter(([, { enum: values }]) => values)
      .map(
        ([name, { enum: values = [] }]) => `export type ${named(name)} = ${values.map(quoted).join(' | ')}`,
      ),
    ...shapes
      .filter(([, { type, exception }]) => type === 'structure' && !exception)
      .map(([name, { members = {}, required }]) =>
        block(
          `export interface ${named(name)} `,
          Object.entries(members).map((entry) => member(entry, required)),
        ),
      ),
    block(
      '/** The input of every operation. */\nexport interface Inputs ',
      operations.map(([name, { input }]) => `${name}: ${input ? typeOf(input) : '{}'}`),
    ),
    block(
      '/** The output of every operation. */\nexport interface Outputs ',
      operations.map(([name, { output }]) => `${name}: ${output ? typeOf(output) : '{}'}`),
    ),
    'export type OperationName = keyof Inputs',
    `/** Every exception of the service, by shape name. */\nexport type ErrorName =${union(exceptionsOf(model).map(([name]) => name))}`,
    block(
      '/** The exceptions each operation declares. */\nexport interface DeclaredErrors ',
      operations.map(
        ([name, { errors = [] }]) =>
          `${name}: ${errors.map((ref) => quoted(ref.shape)).join(' | ') || 'never'}`,
      ),
    ),
    block(
      '/** What each exception carries beyond its message. */\nexport interface ErrorMembers ',
      exceptionsOf(model).map(([name, exception]) => {
        const members = extraMembers(exception).map((entry) => member(entry, exception.required))
        return `${name}: ${members.length ? `{ ${members.join('; ')} }` : '{}'}`
      }),
    ),
  ].join('\n\n')}\n`
}

function fail(name: string): never {
  throw new Error(`no TypeScript type for the shape ${name}`)
}
