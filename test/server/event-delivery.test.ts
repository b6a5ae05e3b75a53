import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ECRClient } from '@aws-sdk/client-ecr'
import { afterAll, describe, expect, it } from 'vitest'
import { movableClock } from '../../src/domain/clock.ts'
import type { Domain } from '../../src/domain/domain.ts'
import { emit } from '../../src/domain/events.ts'
import { startServer } from '../../src/index.ts'
import { signal } from '../../src/rules/signal.ts'
import { deliverEvents, type EventDelivery } from '../../src/server/event-delivery.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { anImage, aRepository } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { operate } from '../support/operator.ts'

const TEST = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Who is sent events; answers with the statuses that it is given, then with 200. */
async function receiver(answers: { status: number; body?: object; location?: string }[] = []) {
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  const requests: { headers: IncomingMessage['headers']; body: any }[] = []
  let arrived: (() => void) | undefined
  const server: Server = createServer(async (request, response) => {
    requests.push({ headers: request.headers, body: JSON.parse((await text(request)) || 'null') })
    const { status, body = {}, location = '' } = answers.shift() ?? { status: 200 }
    const headers = { 'content-type': 'application/x-amz-json-1.1', ...(location && { location }) }
    response.writeHead(status, headers).end(JSON.stringify(body))
    arrived?.()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    async untilCount(count: number) {
      while (requests.length < count)
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('--events-url', async () => {
  const hook = await receiver([{ status: 503 }, { status: 302, location: '/login' }])
  const { path: dataDir } = dataDirectory()
  const ecr = emulator({ dataDir, eventsUrl: hook.url.replace('http://', 'http://user:pass%20word@') })
  afterAll(() => hook.close())

  it('is told of without its secrets', async () => {
    const { body } = await operate(ecr, 'GET', 'info')
    expect(body.configuration.eventsUrl).toBe(new URL(hook.url).origin)
  })

  it('is sent each event in order, again until it is taken, and goes on after a restart', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    await anImage(client, repositoryName, { imageTag: 'one' })
    await anImage(client, repositoryName, { imageTag: 'two' })
    await hook.untilCount(4)
    await ecr.restart()
    await anImage(ecr.client(), repositoryName, { imageTag: 'three' })
    await hook.untilCount(5)

    const bodies = hook.requests.map(({ body }) => body)
    const [event] = bodies
    expect(bodies.slice(0, 2)).toEqual([event, event])
    expect(bodies.slice(2)).toEqual(await ecr.server.events())
    expect(bodies.slice(2).map(({ detail }) => detail['image-tag'])).toEqual(['one', 'two', 'three'])
    expect(hook.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from('user:pass word').toString('base64')}`,
    })
  })
})

describe('a target that is new', async () => {
  const hook = await receiver()
  const { path: dataDir } = dataDirectory()
  const ecr = emulator({ dataDir })
  afterAll(() => hook.close())

  it('hears of what happens from then on, and not of what was before', async () => {
    const repositoryName = await aRepository(ecr.client())
    await anImage(ecr.client(), repositoryName, { imageTag: 'before' })
    await ecr.server.close()
    const told = await startServer({ dataDir, eventsUrl: hook.url })
    const client = new ECRClient({ endpoint: told.url, region: 'eu-west-1', credentials: TEST })
    await anImage(client, repositoryName, { imageTag: 'after' })
    await hook.untilCount(1)
    client.destroy()
    await told.close()
    expect(hook.requests.map(({ body }) => body.detail['image-tag'])).toEqual(['after'])
  })
})

describe('deliverEvents', () => {
  const { path } = dataDirectory()

  it('goes on when the store fails for a while, as on a full disk', async () => {
    const database = openSqlite({ file: join(path, 'metadata.sqlite'), durable: false })
    let writes = 0
    const failing: typeof database = {
      ...database,
      // The first one finds where to begin, the second one notes that an event was taken.
      write: (work) => (++writes === 2 ? Promise.reject(new Error('full')) : database.write(work)),
    }
    const clock = movableClock(() => 0)
    const domain = {
      database: failing,
      clock,
      newId: () => 'id',
      eventsChanged: signal(),
    } as unknown as Domain
    const sent: string[] = []
    const faults: unknown[] = []
    let delivery: EventDelivery | undefined
    const twice = new Promise<void>((resolve) => {
      const send = async ({ id }: { id: string }) => {
        if (sent.push(id) === 2) resolve()
      }
      delivery = deliverEvents(domain, { name: 'target', send }, (error) => faults.push(error))
    })
    const registry = { accountId: '000000000000', region: 'eu-west-1' }
    await database.write((tx) => emit(tx, domain, registry, { detailType: 'ECR Image Scan', detail: {} }))
    await twice
    await delivery?.stop()
    await database.close()
    expect({ sent, faults }).toEqual({ sent: ['id', 'id'], faults: [new Error('full')] })
  })
})

describe('--eventbridge-url', async () => {
  const failed = { FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] }
  const bus = await receiver([{ status: 200, body: failed }])
  const ecr = emulator({ eventbridgeUrl: new URL('/', bus.url).href })
  afterAll(() => bus.close())

  it('is put each event by PutEvents, again where the bus refused it', async () => {
    const client = ecr.client({ accessKeyId: '123456789012' })
    const repositoryName = await aRepository(client)
    await anImage(client, repositoryName, { imageTag: 'one' })
    await bus.untilCount(2)

    const [event] = await ecr.server.events()
    const [first, second] = bus.requests
    expect(first?.headers['x-amz-target']).toBe('AWSEvents.PutEvents')
    expect(first?.headers.authorization).toMatch(
      /Credential=123456789012\/\d{8}\/eu-west-1\/events\/aws4_request/,
    )
    expect(first?.body).toEqual({
      Entries: [
        {
          Source: 'aws.ecr',
          DetailType: 'ECR Image Action',
          Detail: JSON.stringify(event?.detail),
          Resources: [],
          Time: Date.parse(event?.time ?? '') / 1000,
        },
      ],
    })
    expect(second?.body).toEqual(first?.body)
  })
})
