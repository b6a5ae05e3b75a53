import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'

/** Who is sent events; answers with the statuses that it is given, then with 200. */
async function receiver(answers: { status: number; body?: object }[] = []) {
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  const requests: { headers: IncomingMessage['headers']; body: any }[] = []
  let arrived: (() => void) | undefined
  const server: Server = createServer(async (request, response) => {
    requests.push({ headers: request.headers, body: JSON.parse(await text(request)) })
    const { status, body = {} } = answers.shift() ?? { status: 200 }
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
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
  const hook = await receiver([{ status: 503 }])
  const { path: dataDir } = dataDirectory()
  const ecr = emulator({ dataDir, eventsUrl: hook.url })
  afterAll(() => hook.close())

  it('is sent each event in order, again until it is taken, and goes on after a restart', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    await anImage(client, repositoryName, { imageTag: 'one' })
    await anImage(client, repositoryName, { imageTag: 'two' })
    await hook.untilCount(3)
    await ecr.restart()
    await anImage(ecr.client(), repositoryName, { imageTag: 'three' })
    await hook.untilCount(4)

    const bodies = hook.requests.map(({ body }) => body)
    expect(bodies.map(({ detail }) => detail['image-tag'])).toEqual(['one', 'one', 'two', 'three'])
    expect(bodies[1]).toEqual(bodies[0])
    expect(bodies.slice(1)).toEqual(await ecr.server.events())
    expect(hook.requests[0]?.headers['content-type']).toBe('application/json')
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
