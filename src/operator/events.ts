import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, Response, Router } from 'express'
import type { Domain } from '../domain/domain.ts'
import { type Envelope, envelopeOf } from '../domain/events.ts'
import { followedEvents, listedEvents } from '../domain/follow-events.ts'
import type { StoredEvent } from '../store/database.ts'
import { UnusableRequest } from './errors.ts'

/** Events are read from the store, and sent, in pages of this size. */
const PAGE = 1000

/** Events after the one with the id `after`, or all that are kept, oldest first. */
export async function listEvents(domain: Domain, after?: string): Promise<Envelope[]> {
  const listed: Envelope[] = []
  const pages = listedEvents(domain, { after: await positionOf(domain, after), limit: PAGE })
  for await (const page of pages) listed.push(...page.map(envelopeOf))
  return listed
}

export function eventRoutes(router: Router, domain: Domain): void {
  router.get('/_ecr-local/events', async (request, response) => {
    const isStream = request.accepts(['json', 'text/event-stream']) === 'text/event-stream'
    await (isStream ? streamEvents : answerEvents)(domain, request, response)
  })
}

/** As one list of JSON, of which no more than a page is held at once. */
async function answerEvents(domain: Domain, request: Request, response: Response): Promise<void> {
  const after = await positionOf(domain, afterOf(request))
  response.type('json')
  async function* list(): AsyncGenerator<string> {
    let before = '['
    for await (const page of listedEvents(domain, { after, limit: PAGE })) {
      yield before + page.map((event) => JSON.stringify(envelopeOf(event))).join()
      before = ','
    }
    yield before === '[' ? '[]' : ']'
  }
  await send(list(), response)
}

/** As they come (WHATWG HTML, 9.2), and no faster than the client reads. */
async function streamEvents(domain: Domain, request: Request, response: Response): Promise<void> {
  const after = await positionToResume(domain, request)
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.flushHeaders()
  const closed = new AbortController()
  response.once('close', () => closed.abort())
  async function* stream(): AsyncGenerator<string> {
    for await (const page of followedEvents(domain, { after, limit: PAGE }, closed.signal))
      yield page.map(asServerSent).join('')
  }
  await send(stream(), response)
}

function asServerSent(event: StoredEvent): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(envelopeOf(event))}\n\n`
}

/** A client that leaves before the end is no fault. */
async function send(texts: AsyncGenerator<string>, response: Response): Promise<void> {
  try {
    await pipeline(Readable.from(texts, { highWaterMark: 1 }), response)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}

function afterOf({ query: { after } }: Request): string | undefined {
  return typeof after === 'string' ? after : undefined
}

/**
 * A stream that broke goes on after the last event that came, which browsers name (WHATWG HTML, 9.2). When that one is
 * no longer kept, all that are came after it; a refusal would end the browser's attempts.
 */
async function positionToResume(domain: Domain, request: Request): Promise<number> {
  const after = afterOf(request)
  const lastSeen = after === undefined ? request.get('last-event-id') : undefined
  if (!lastSeen) return positionOf(domain, after)
  return (await domain.database.read((tx) => tx.events.sequenceOf(lastSeen))) ?? 0
}

async function positionOf({ database }: Domain, after: string | undefined): Promise<number> {
  if (after === undefined || after === '') return 0
  const sequence = await database.read((tx) => tx.events.sequenceOf(after))
  if (sequence === undefined)
    throw new UnusableRequest(`There is no event "${after}", or it is kept no longer`)
  return sequence
}
