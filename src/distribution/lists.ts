import { Refused } from '../domain/errors.ts'
import type { NameList } from '../store/database.ts'
import { type Exchange, linkTo, sendJson } from './exchange.ts'

/** More than any list has, and what every database counts to. */
const ALL = 2 ** 52

/** What ECR sends when no `n` is given, and the most that it takes (crane's issue 681). */
const ECR_DEFAULT = 100
const ECR_MOST = 1000

/**
 * What a client asks for of a list that is in the order of its items: all of it, or `n` of it after `last`
 * (distribution-spec, "Listing Tags").
 *
 * @throws Refused ParameterInvalid
 */
export function pageOf(exchange: Exchange): { limit: number; after: string } {
  return { limit: limitOf(exchange), after: startOf(exchange) }
}

/**
 * Sends the page of a list that a client asked for, with a link to the rest.
 *
 * @param path of the list, for the link
 * @param json the answer with the items in it
 */
export function sendList(exchange: Exchange, path: string, { continuesAfter }: NameList, json: string): void {
  const headers: Record<string, string> = {}
  if (continuesAfter !== undefined) {
    const next = { last: positionAfter(exchange, continuesAfter), n: String(limitOf(exchange)) }
    headers.Link = `<${linkTo(exchange, path, next)}>; rel="next"`
  }
  // ECR says text/plain of its lists (user guide's sample).
  const contentType = exchange.door.wire === 'ecr' ? 'text/plain; charset=utf-8' : 'application/json'
  sendJson(exchange, json, contentType, headers)
}

/** ECR's `last` is opaque: what it did not make itself it does not take (crane's issue 681). */
function positionAfter({ door }: Exchange, item: string): string {
  return door.wire === 'ecr' ? Buffer.from(JSON.stringify({ after: item })).toString('base64url') : item
}

/** The item after which the page begins. */
function startOf({ door, query }: Exchange): string {
  const last = query.get('last') ?? ''
  if (door.wire === 'spec' || last === '') return last
  try {
    const { after } = JSON.parse(Buffer.from(last, 'base64url').toString()) as { after?: unknown }
    if (typeof after === 'string') return after
  } catch {
    // Refused below, as any other text.
  }
  // As the API says it of a bad token (guess).
  throw new Refused('ParameterInvalid', { member: 'nextToken', constraint: 'Invalid nextToken' })
}

function limitOf({ query, door }: Exchange): number {
  const text = query.get('n')
  if (text === null || text === '') return door.wire === 'ecr' ? ECR_DEFAULT : ALL
  const refuse = (constraint: string): Refused<'ParameterInvalid'> =>
    new Refused('ParameterInvalid', { member: 'maxResults', constraint })
  if (!/^\d+$/.test(text)) throw refuse('Member must be a whole number')
  const limit = Math.min(Number(text), ALL)
  // Observed: crane's issue 681.
  if (door.wire === 'ecr' && limit > ECR_MOST)
    throw refuse(`Member must have value less than or equal to ${ECR_MOST}`)
  // The other bound of the model's maxResults, in the same words.
  if (door.wire === 'ecr' && limit < 1) throw refuse('Member must have value greater than or equal to 1')
  return limit
}
