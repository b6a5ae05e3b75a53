import { Refused } from '../domain/errors.ts'
import { type Exchange, linkTo, sendJson } from './exchange.ts'

/** Lists are read from the store in pages of this size. */
const READ_PAGE = 1000

/** What ECR sends when no `n` is given, and the most that it takes (crane's issue 681). */
const ECR_DEFAULT = 100
const ECR_MOST = 1000

/** How to read a list that is ordered by its own items. */
export type ReadPage = (page: { after: string; limit: number }) => Promise<string[]>

/**
 * Sends a list in the order of its items: all of it, or `n` of it after `last` with a link to the rest
 * (distribution-spec, "Listing Tags").
 *
 * @param path of the list, for the link
 * @param shape of the answer
 * @throws Refused ParameterInvalid
 */
export async function sendList(
  exchange: Exchange,
  path: string,
  read: ReadPage,
  shape: (items: string[]) => object,
): Promise<void> {
  const { door } = exchange
  const limit = limitOf(exchange)
  const items = await readItems(read, startOf(exchange), limit)
  const isCut = limit !== undefined && limit > 0 && items.length > limit
  if (limit !== undefined) items.length = Math.min(items.length, limit)
  const headers: Record<string, string> = {}
  if (isCut) {
    const next = { last: positionAfter(exchange, items.at(-1) ?? ''), n: String(limit) }
    headers.Link = `<${linkTo(exchange, path, next)}>; rel="next"`
  }
  // ECR says text/plain of its lists (user guide's sample).
  sendJson(
    exchange,
    shape(items),
    door.wire === 'ecr' ? 'text/plain; charset=utf-8' : 'application/json',
    headers,
  )
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

/** One item more than `limit`, which tells whether there are more; or all. */
async function readItems(read: ReadPage, last: string, limit: number | undefined): Promise<string[]> {
  const wanted = limit === undefined ? Infinity : limit + 1
  const items: string[] = []
  let after = last
  for (;;) {
    const pageSize = Math.min(READ_PAGE, wanted - items.length)
    const page = await read({ after, limit: pageSize })
    items.push(...page)
    if (page.length < pageSize || items.length >= wanted) return items
    after = page.at(-1) ?? ''
  }
}

function limitOf({ query, door }: Exchange): number | undefined {
  const text = query.get('n')
  if (text === null || text === '') return door.wire === 'ecr' ? ECR_DEFAULT : undefined
  const refuse = (constraint: string): Refused<'ParameterInvalid'> =>
    new Refused('ParameterInvalid', { member: 'maxResults', constraint })
  if (!/^\d+$/.test(text)) throw refuse('Member must be a whole number')
  const limit = Number(text)
  // Observed: crane's issue 681.
  if (door.wire === 'ecr' && limit > ECR_MOST)
    throw refuse(`Member must have value less than or equal to ${ECR_MOST}`)
  // The other bound of the model's maxResults, in the same words.
  if (door.wire === 'ecr' && limit < 1) throw refuse('Member must have value greater than or equal to 1')
  return limit
}
