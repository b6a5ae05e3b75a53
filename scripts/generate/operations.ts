import {
  type ApiModel,
  exceptionsOf,
  extraMembers,
  HEADER,
  key,
  type Operation,
  quoted,
  type Shape,
  type ShapeRef,
  shapeOf,
} from './model.ts'

const PAGINATOR = `/** How an operation pages. \`default\` is the size of a page when the caller does not say. */
export interface Paginator {
  readonly inputToken: string
  readonly outputToken: string
  readonly limitKey: string
  /** Dotted paths of the lists that are cut into pages. */
  readonly resultKey: readonly string[]
  readonly maxResultsRange: readonly [minimum: number, maximum: number]
  readonly default?: number
}

`

const XML_SHAPE = `/** What a serializer has to know to write an output: its members in the model's order. */
export type XmlShape =
  | { readonly type: 'structure'; readonly members: { readonly [name: string]: XmlShape } }
  | { readonly type: 'list'; readonly memberName: string; readonly flattened: boolean; readonly member: XmlShape }
  | { readonly type: 'string' | 'integer' | 'long' | 'double' | 'float' | 'boolean' | 'blob' | 'timestamp' }

`

/** `operations.ts`: the tables a dispatcher and an error writer read. */
export function operationsFile(model: ApiModel): string {
  const isQuery = model.metadata.protocol === 'query'
  const operations = Object.entries(model.operations)
  const table = (rows: [string, string][]) =>
    `{\n${rows.map(([name, row]) => `  ${key(name)}: ${row},\n`).join('')}}`

  return `${HEADER}
import type { DeclaredErrors, ErrorMembers, ErrorName, OperationName } from './types.ts'

export const service = ${table(serviceFacts(model))} as const

${PAGINATOR}export interface OperationFacts<Name extends OperationName> {
  readonly input: string
  readonly output: string
  readonly errors: readonly DeclaredErrors[Name][]
  readonly paginator: Paginator | undefined
}

export const operations: { readonly [Name in OperationName]: OperationFacts<Name> } = ${table(
    operations.map(([name, operation]) => [name, operationRow(model, operation)]),
  )}

export const operationNames = Object.keys(operations) as readonly OperationName[]

export interface ErrorFacts<Name extends ErrorName> {
  /** The name on the wire. */
  readonly code: string
  readonly httpStatus: number
  readonly members: readonly (keyof ErrorMembers[Name])[]
}

export const errors: { readonly [Name in ErrorName]: ErrorFacts<Name> } = ${table(
    exceptionsOf(model).map(([name, exception]) => [name, errorRow(name, exception)]),
  )}
${isQuery ? `\n${XML_SHAPE}${outputShapes(model)}` : ''}`
}

function serviceFacts({ metadata }: ApiModel): [string, string][] {
  const signingName = metadata.signingName ?? metadata.endpointPrefix
  const names = [
    'serviceId',
    'apiVersion',
    'targetPrefix',
    'jsonVersion',
    'xmlNamespace',
    'endpointPrefix',
  ] as const
  const facts = names.map((name) => [name, metadata[name]] as const)
  return [...facts, ['signingName', signingName] as const].flatMap(([name, fact]) =>
    typeof fact === 'string' ? [[name, quoted(fact)]] : [],
  )
}

function operationRow(model: ApiModel, operation: Operation): string {
  const errors = (operation.errors ?? []).map((ref) => quoted(ref.shape))
  return `{
    input: ${quoted(operation.input?.shape ?? '')},
    output: ${quoted(operation.output?.shape ?? '')},
    errors: [${errors.join(', ')}],
    paginator: ${paginatorOf(model, operation)},
  }`
}

/** From the SDK's paginator, or from the shapes where the SDK has none for an operation that pages. */
function paginatorOf(model: ApiModel, operation: Operation): string | undefined {
  const input = operation.input && shapeOf(model, operation.input)
  const output = operation.output && shapeOf(model, operation.output)
  const sdk = model.paginators[operation.name]
  const inputToken = sdk?.input_token ?? 'nextToken'
  const outputToken = sdk?.output_token ?? 'nextToken'
  const limitKey = sdk?.limit_key ?? 'maxResults'
  const limit = input?.members?.[limitKey]
  if (!output || !limit || !input.members?.[inputToken] || !output.members?.[outputToken]) return undefined

  const lists = Object.entries(output.members).filter(([, ref]) => shapeOf(model, ref).type === 'list')
  const resultKey = [sdk?.result_key ?? lists.map(([name]) => name)].flat()
  if (!resultKey.length) throw new Error(`${operation.name} pages, but no list does`)
  const { min = 1, max = Number.MAX_SAFE_INTEGER } = shapeOf(model, limit)
  return `{
      inputToken: ${quoted(inputToken)},
      outputToken: ${quoted(outputToken)},
      limitKey: ${quoted(limitKey)},
      resultKey: [${resultKey.map(quoted).join(', ')}],
      maxResultsRange: [${min}, ${max}],${limit.default === undefined ? '' : `\n      default: ${limit.default},`}
    }`
}

function errorRow(name: string, exception: Shape): string {
  const code = exception.error?.code ?? name
  const httpStatus = exception.error?.httpStatusCode ?? (exception.fault ? 500 : 400)
  const members = extraMembers(exception).map(([member]) => quoted(member))
  return `{ code: ${quoted(code)}, httpStatus: ${httpStatus}, members: [${members.join(', ')}] }`
}

function outputShapes(model: ApiModel): string {
  const treeOf = (ref: ShapeRef, indent: string, within: string[]): string => {
    const shape = shapeOf(model, ref)
    if (within.includes(ref.shape)) throw new Error(`${ref.shape} contains itself`)
    const inner = (part: ShapeRef) => treeOf(part, `${indent}  `, [...within, ref.shape])
    if (shape.type === 'structure') {
      const members = Object.entries(shape.members ?? {}).map(
        ([name, part]) => `${indent}  ${key(part.locationName ?? name)}: ${inner(part)},\n`,
      )
      return `{ type: 'structure', members: {${members.length ? `\n${members.join('')}${indent}` : ''}} }`
    }
    if (shape.member) {
      const memberName = quoted(shape.member.locationName ?? 'member')
      return `{ type: 'list', memberName: ${memberName}, flattened: ${!!shape.flattened}, member: ${inner(shape.member)} }`
    }
    if (shape.type === 'map') throw new Error(`${ref.shape}: maps are not written as XML yet`)
    return `{ type: ${quoted(shape.type)} }`
  }
  const rows = Object.entries(model.operations).map(([name, { output }]) => {
    const shape = output ? treeOf(output, '    ', []) : "{ type: 'structure', members: {} }"
    return `  ${name}: {\n    resultWrapper: ${quoted(output?.resultWrapper ?? `${name}Result`)},\n    shape: ${shape},\n  },\n`
  })
  return `export const outputShapes: { readonly [Name in OperationName]: { readonly resultWrapper: string; readonly shape: XmlShape } } = {
${rows.join('')}}
`
}
