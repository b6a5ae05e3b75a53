import { type ApiModel, HEADER, key, partsOf, quoted, type Shape, type ShapeRef, shapeOf } from './model.ts'
import { patternLiteral } from './pattern.ts'

type Bounds = Pick<Shape, 'min' | 'max'>

/** How one wire form writes the kinds of shape that the wire forms write differently. */
interface Wire {
  object: string
  /** Lists of outputs have no bounds: the model shares list shapes of 1 to 100 with pages of 1000. */
  listBounds: boolean
  integer(bounds: Bounds): string
  double(bounds: Bounds): string
  boolean: string
  blob(bounds: Bounds): string
  timestamp: string
  /** Definitions that the file needs only if its schemas mention them, by the name they define. */
  definitions: Record<string, string>
}

const numberBounds = ({ min, max }: Bounds) =>
  (min === undefined ? '' : `.min(${min})`) + (max === undefined ? '' : `.max(${max})`)
const lengthBounds = ({ min, max }: Bounds) =>
  (min ? `.min(${min})` : '') + (max === undefined ? '' : `.max(${max})`)
/** What is too long is held against no pattern: megabytes exhaust the stack of nested ones. */
const boundsBeforePattern = (shape: Bounds) =>
  lengthBounds(shape).replace(/\.max\((\d+)\)/, '.max($1, { abort: true })')
const list = ({ min = 0, max }: Bounds) => (max === undefined ? `${min || ''}` : `${min}, ${max}`)

const BLOB = `
/**
 * Bytes sent as base64: standard alphabet, padded, nothing else between. Node's decoder skips what it does not
 * know, so the length gives strangers away; it also reads the URL alphabet and cuts wide characters to a byte.
 * A pattern would say the same in five times the time, which counts at 20 MiB.
 */
const blob = (minimum = 0, maximum = Infinity) =>
  z.string().transform((text, context): Uint8Array => {
    const bytes = Buffer.from(text, 'base64')
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
    const whole = text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding
    const isAscii = Buffer.byteLength(text) === text.length
    if (!whole || !isAscii || text.includes('-') || text.includes('_')) {
      context.issues.push({ code: 'invalid_format', format: 'base64', input: text })
    } else if (bytes.length < minimum) {
      context.issues.push({ code: 'too_small', origin: 'blob', minimum, inclusive: true, input: text })
    } else if (bytes.length > maximum) {
      context.issues.push({ code: 'too_big', origin: 'blob', maximum, inclusive: true, input: text })
    }
    return bytes
  })`

const JSON_INPUT: Wire = {
  object: 'z.object',
  listBounds: true,
  integer: (bounds) => `z.int()${numberBounds(bounds)}`,
  double: (bounds) => `z.number()${numberBounds(bounds)}`,
  boolean: 'boolean',
  blob: (bounds) => `blob(${list(bounds)})`,
  timestamp: 'timestamp',
  definitions: {
    string: 'const string = z.string()',
    boolean: 'const boolean = z.boolean()',
    blob: BLOB,
    timestamp:
      '\n/** Seconds since 1970. */\nconst timestamp = z.number().transform((seconds) => new Date(seconds * 1000))',
  },
}

const QUERY_INPUT: Wire = {
  ...JSON_INPUT,
  integer: (bounds) => `integer.pipe(z.int()${numberBounds(bounds)})`,
  double: () => fail('a query string'),
  get timestamp() {
    return fail('a query string')
  },
  definitions: {
    ...JSON_INPUT.definitions,
    integer: `
const integer = z.string().transform((text, context) => {
  if (/^-?\\d+$/.test(text)) return Number(text)
  context.issues.push({ code: 'invalid_type', expected: 'int', input: text })
  return z.NEVER
})`,
    boolean: `
const boolean = z.string().transform((text, context) => {
  if (text === 'true' || text === 'false') return text === 'true'
  context.issues.push({ code: 'invalid_type', expected: 'boolean', input: text })
  return z.NEVER
})`,
  },
}

const JSON_OUTPUT: Wire = {
  ...JSON_INPUT,
  object: 'z.strictObject',
  listBounds: false,
  blob: () => 'blob',
  definitions: {
    ...JSON_INPUT.definitions,
    blob: 'const blob = z.base64()',
    timestamp: 'const timestamp = z.number()',
  },
}

const XML_OUTPUT: Wire = {
  ...JSON_OUTPUT,
  integer: () => 'integer',
  double: () => 'double',
  definitions: {
    ...JSON_OUTPUT.definitions,
    integer: 'const integer = z.string().regex(/^-?\\d+$/)',
    double: 'const double = z.string().regex(/^-?\\d+(\\.\\d+)?(E-?\\d+)?$/)',
    boolean: "const boolean = z.enum(['true', 'false'])",
    timestamp: 'const timestamp = z.iso.datetime()',
  },
}

const INPUT_DOC = `
/**
 * Schemas of the operations' inputs. Members the model does not know are dropped, as the service drops them.
 * The decoder has already removed members that are null: null counts as absent everywhere. A null in a list is
 * left to be refused here.
 *
 * What zod reports, when parsed with \`{ reportInput: true }\` (read the rows from the top):
 *
 * | violation | issue |
 * |---|---|
 * | required, absent | \`input === undefined\`, whatever the code |
 * | null in a list | \`input === null\`, whatever the code |
 * | wrong type | \`invalid_type\` (\`expected\`: string, int, number, boolean, array, object); \`invalid_value\` when \`typeof input !== 'string'\` |
 * | not in the enum | \`invalid_value\`, \`values\` in the model's order |
 * | base64 | \`invalid_format\`, \`format: 'base64'\` |
 * | pattern | \`invalid_format\`, \`format: 'regex'\`; \`message\` is the model's own text of the pattern |
 * | too short, too long | \`too_small\` with \`minimum\`, \`too_big\` with \`maximum\`; \`origin\` is string, array or blob (bytes) |
 * | number out of range | \`too_small\` with \`minimum\`, \`too_big\` with \`maximum\`; \`origin: 'number'\` |
 * | number beyond 2^53 | \`too_small\`, \`too_big\`; \`origin: 'int'\` |
 *
 * One value may break several constraints, and then yields an issue for each: length, then pattern, but no pattern
 * for what is too long. Issues come in the model's order of members; \`path\` counts list items from 0.
 */
`

const OUTPUT_DOC = `
/**
 * Schemas of the operations' outputs as they stand on the wire, for tests: a member the model does not know is
 * an error. Lists have no bounds here: the model shares list shapes of 1 to 100 with pages of 1000.
 */
`

/** `schemas.ts`: from the wire to what handlers take. */
export function inputSchemasFile(model: ApiModel): string {
  const { constants, tableOf } = schemas(
    model,
    model.metadata.protocol === 'query' ? QUERY_INPUT : JSON_INPUT,
  )
  const table = tableOf('input')
  return `${HEADER}
import { z } from 'zod'
import type { Inputs, OperationName } from './types.ts'

${constants()}
${INPUT_DOC}export const inputSchemas: { readonly [Name in OperationName]: z.ZodType<Inputs[Name]> } = ${table}

export function inputSchema<Name extends OperationName>(name: Name): z.ZodType<Inputs[Name]> {
  return inputSchemas[name]
}
`
}

/** `output-schemas.ts`: what may stand on the wire. */
export function outputSchemasFile(model: ApiModel): string {
  const { constants, tableOf } = schemas(
    model,
    model.metadata.protocol === 'query' ? XML_OUTPUT : JSON_OUTPUT,
  )
  const table = tableOf('output')
  return `${HEADER}
import { z } from 'zod'
import type { OperationName } from './types.ts'

${constants()}
${OUTPUT_DOC}export const outputSchemas: { readonly [Name in OperationName]: z.ZodType } = ${table}
`
}

/** Writes a constant per shape that says more than its type, each after the ones it is made of. */
function schemas(model: ApiModel, wire: Wire) {
  const written = new Map<string, string>()
  const used = new Set<string>()
  const use = (expression: string) => {
    const name = /^\w+/.exec(expression)?.[0] ?? ''
    if (name in wire.definitions) used.add(name)
    return expression
  }

  const expressionOf = (shape: Shape, refer: (ref: ShapeRef) => string): string => {
    if (shape.type === 'structure') {
      const members = Object.entries(shape.members ?? {}).map(([name, ref]) => {
        const optional = shape.required?.includes(name) ? '' : '.optional()'
        return `\n  ${key(name)}: ${refer(ref)}${optional},`
      })
      return `${wire.object}({${members.join('')}${members.length ? '\n' : ''}})`
    }
    if (shape.member) return `z.array(${refer(shape.member)})${wire.listBounds ? lengthBounds(shape) : ''}`
    if (shape.key && shape.value) {
      const record = shapeOf(model, shape.key).enum ? 'z.partialRecord' : 'z.record'
      return `${record}(${refer(shape.key)}, ${refer(shape.value)})`
    }
    if (shape.enum) return `z.enum([${shape.enum.map(quoted).join(', ')}])`
    if (shape.type === 'string') {
      if (!shape.pattern) return lengthBounds(shape) ? `z.string()${lengthBounds(shape)}` : use('string')
      return `z.string()${boundsBeforePattern(shape)}.regex(${patternLiteral(shape)}, ${quoted(shape.pattern)})`
    }
    if (shape.type === 'integer' || shape.type === 'long') return use(wire.integer(shape))
    if (shape.type === 'double' || shape.type === 'float') return use(wire.double(shape))
    if (shape.type === 'blob') return use(wire.blob(shape))
    if (shape.type === 'boolean') return use(wire.boolean)
    return shape.type === 'timestamp' ? use(wire.timestamp) : fail(shape.type)
  }

  const refer = (ref: ShapeRef, within: string[] = []): string => {
    if (within.includes(ref.shape)) throw new Error(`${ref.shape} contains itself: its member needs a getter`)
    if (written.has(ref.shape)) return ref.shape
    const shape = shapeOf(model, ref)
    const expression = expressionOf(shape, (inner) => refer(inner, [...within, ref.shape]))
    if (
      !partsOf(shape).length &&
      shape.type !== 'structure' &&
      /^\w+(\(\))?$/.test(expression.replace(/^z\./, ''))
    ) {
      return expression
    }
    written.set(ref.shape, expression)
    return ref.shape
  }

  return {
    constants: () =>
      [
        ...Object.entries(wire.definitions).flatMap(([name, text]) => (used.has(name) ? [text] : [])),
        '',
        ...[...written].map(([name, expression]) => `const ${name} = ${expression}`),
      ].join('\n'),
    tableOf: (part: 'input' | 'output') => {
      const rows = Object.entries(model.operations).map(([name, operation]) => {
        const ref = operation[part]
        return `  ${name}: ${ref ? refer(ref) : `${wire.object}({})`},\n`
      })
      return `{\n${rows.join('')}}`
    },
  }
}

function fail(what: string): never {
  throw new Error(`no schema for this kind of value: ${what}`)
}
