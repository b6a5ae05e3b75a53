import { isUtf8 } from 'node:buffer'
import { serializationError } from './errors.ts'

/** The content type of requests and answers. */
export const JSON_1_1 = 'application/x-amz-json-1.1'

/**
 * The input that a request carries. Members that are null count as absent (AWS JSON protocol); nulls in a
 * list stay, for the schema to refuse. An empty body is an input without members (Smithy's protocol tests of
 * awsJson1_1: a service takes no payload as it takes `{}`).
 *
 * @throws FrameworkError SerializationException
 */
export function decodeJson(body: Buffer): object {
  if (body.length === 0) return {}
  const input = parseJson(body)
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw serializationError('The request body must be a JSON object')
  dropNulls(input)
  return input
}

function parseJson(body: Buffer): unknown {
  // Node would read bytes that are no UTF-8 as U+FFFD and go on.
  if (!isUtf8(body)) throw serializationError('The request body is not UTF-8')
  try {
    // A byte order mark is skipped, as AWS's Java front ends do (Jackson).
    return JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    throw serializationError('Unable to parse the request body as JSON')
  }
}

/** Without recursion: members that no schema knows may be nested deeper than any stack. */
function dropNulls(input: object): void {
  const pending: object[] = [input]
  for (let value = pending.pop(); value; value = pending.pop())
    for (const [name, member] of Object.entries(value)) {
      if (member === null && !Array.isArray(value)) delete (value as Record<string, unknown>)[name]
      else if (typeof member === 'object' && member !== null) pending.push(member)
    }
}

/**
 * An answer as ECR writes it: keys in alphabetical order, absent members left out, times as epoch seconds
 * with milliseconds, bytes as base64.
 */
export function encodeJson(value: unknown): string {
  if (typeof value === 'string') return encodeText(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return encodeList(value)
  if (value instanceof Date) return String(value.getTime() / 1000)
  if (value instanceof Uint8Array) return encodeText(Buffer.from(value).toString('base64'))
  return encodeStructure(value, orderOf(Object.keys(value)))
}

/** Structures that are alike stand in lists: what the first one needs, the others need too. */
function encodeList(list: readonly unknown[]): string {
  let order: Order | undefined
  let text = ''
  for (const item of list) {
    if (text) text += ','
    if (isStructure(item)) {
      order = orderLike(order, item)
      text += encodeStructure(item, order)
    } else text += encodeJson(item)
  }
  return `[${text}]`
}

function isStructure(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return !(Array.isArray(value) || value instanceof Date || value instanceof Uint8Array)
}

/** How structures with certain members are written. */
interface Order {
  readonly names: readonly string[]
  /** In the order of the wire. */
  readonly members: readonly Member[]
}

interface Member {
  readonly name: string
  /** The name with its colon. */
  readonly key: string
  /** How the last structure was written that stood here. */
  order?: Order
}

function orderOf(names: readonly string[]): Order {
  const members = [...names].sort().map((name) => ({ name, key: `${JSON.stringify(name)}:` }))
  return { names, members }
}

/** The order of `value`, which is `known` where it has the same members. */
function orderLike(known: Order | undefined, value: object): Order {
  const names = Object.keys(value)
  return known && isSame(known.names, names) ? known : orderOf(names)
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, index) => name === others[index])
}

function encodeStructure(value: object, { members }: Order): string {
  let text = ''
  for (const member of members) {
    const content = (value as Record<string, unknown>)[member.name]
    if (content !== undefined) text += `${text && ','}${member.key}${encodeMember(content, member)}`
  }
  return `{${text}}`
}

function encodeMember(content: unknown, member: Member): string {
  if (!isStructure(content)) return encodeJson(content)
  member.order = orderLike(member.order, content)
  return encodeStructure(content, member.order)
}

/** What JSON writes in another way than it is; halves of surrogate pairs among it. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/
/** Beyond it, looking takes longer than escaping. */
const SHORT = 256

function encodeText(text: string): string {
  return text.length <= SHORT && !ESCAPED.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** The body of an error: `__type`, `message` where there is one, and the members that the model gives it. */
export function encodeError(code: string, message: string | undefined, members: object = {}): string {
  // Observed: AccessDeniedException alone writes its message with a capital.
  const messageMember = code === 'AccessDeniedException' ? 'Message' : 'message'
  return encodeJson({ __type: code, [messageMember]: message, ...members })
}
