import type { Request, Response, Router } from 'express'
import type { Domain } from '../domain/domain.ts'
import { type Envelope, envelopeOf } from '../domain/events.ts'
import type { StoredEvent } from '../store/database.ts'
import { UnusableRequest } from './errors.ts'

/** Events are read from the store, and streamed, in pages of this size. */
const PAGE = 1000

/** Events after the one with the id `after`, or all that are kept, oldest first. */
export async function listEvents(domain: Domain, after?: string): Promise<Envelope[]> {
  const listed: Envelope[] = []
  let position = await positionOf(domain, after)
  for (;;) {
    const page = await readPage(domain, position)
    listed.push(...page.map(envelopeOf))
    if (page.length < PAGE) return listed
    position = page.at(-1)?.sequence ?? position
  }
}

export function eventRoutes(router: Router, domain: Domain): void {
  router.get('/_ecr-local/events', async (request, response) => {
    const after = lastSeen(request)
    const isStream = request.accepts(['json', 'text/event-stream']) === 'text/event-stream'
    if (isStream) await streamEvents(domain, after, response)
    else response.json(await listEvents(domain, after))
  })
}

/** A stream that broke goes on where it was: browsers name the last event that came (WHATWG HTML, 9.2). */
function lastSeen(request: Request): string | undefined {
  const { after } = request.query
  return typeof after === 'string' ? after : request.get('last-event-id')
}

async function streamEvents(domain: Domain, after: string | undefined, response: Response): Promise<void> {
  let position = await positionOf(domain, after)
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.flushHeaders()
  const sendNew = async (): Promise<void> => {
    for (;;) {
      const page = await readPage(domain, position)
      for (const event of page)
        response.write(`id: ${event.id}\ndata: ${JSON.stringify(envelopeOf(event))}\n\n`)
      if (page.length === 0) return
      position = page.at(-1)?.sequence ?? position
    }
  }
  let sending: Promise<unknown> = Promise.resolve()
  const send = (): void => {
    sending = sending.then(sendNew).catch(() => response.destroy())
  }
  const unsubscribe = domain.eventsChanged.subscribe(send)
  response.once('close', unsubscribe)
  send()
}

function readPage({ database }: Domain, after: number): Promise<StoredEvent[]> {
  return database.read((tx) => tx.events.list({ after, limit: PAGE }))
}

async function positionOf({ database }: Domain, after: string | undefined): Promise<number> {
  if (after === undefined || after === '') return 0
  const sequence = await database.read((tx) => tx.events.sequenceOf(after))
  if (sequence === undefined)
    throw new UnusableRequest(`There is no event "${after}", or it is kept no longer`)
  return sequence
}
