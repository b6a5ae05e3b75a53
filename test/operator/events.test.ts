import { BatchDeleteImageCommand, PutImageCommand } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { dataDirectory, tamper } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { operate } from '../support/operator.ts'
import { registryClient } from '../support/registry.ts'

describe('GET /_ecr-local/events', () => {
  const ecr = emulator()
  const get = (path: string) => operate(ecr, 'GET', path)

  /** What happened in one repository: the door tells of all. */
  async function detailsOf(repositoryName: string) {
    const { body } = await get('events')
    return body.filter(
      ({ detail }: { detail: Record<string, string> }) => detail['repository-name'] === repositoryName,
    )
  }

  it('tells of a push in the envelope of EventBridge', async () => {
    const client = ecr.client({ accessKeyId: '123456789012', region: 'eu-west-1' })
    const repositoryName = await aRepository(client)
    const image = await anImage(client, repositoryName, { imageTag: 'one' })
    expect(await detailsOf(repositoryName)).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'ECR Image Action',
        source: 'aws.ecr',
        account: '123456789012',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region: 'eu-west-1',
        resources: [],
        detail: {
          result: 'SUCCESS',
          'repository-name': repositoryName,
          'image-digest': image.digest,
          'action-type': 'PUSH',
          'image-tag': 'one',
          'manifest-media-type': 'application/vnd.oci.image.manifest.v1+json',
          'artifact-media-type': 'application/vnd.oci.image.config.v1+json',
        },
      },
    ])
  })

  it('tells of both doors, of each tag that goes, and of referrers', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const registry = registryClient(ecr)
    const { mediaType, digest, size, text } = await registry.pushImage(repositoryName, 'one')
    await client.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag: 'two' }))
    const subject = { mediaType, digest, size }
    const referrer = await anImage(client, repositoryName, { subject })
    await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: digest }] }))
    await registry.send(`/v2/${repositoryName}/manifests/${referrer.digest}`, { method: 'DELETE' })

    const events = await detailsOf(repositoryName)
    expect(
      events.map(
        ({ 'detail-type': type, detail }: { 'detail-type': string; detail: Record<string, string> }) => [
          type,
          detail['action-type'],
          detail['image-digest'],
          detail['image-tag'],
        ],
      ),
    ).toEqual([
      ['ECR Image Action', 'PUSH', digest, 'one'],
      ['ECR Image Action', 'PUSH', digest, 'two'],
      ['ECR Referrer Action', 'PUSH', referrer.digest, undefined],
      ['ECR Image Action', 'DELETE', digest, 'one'],
      ['ECR Image Action', 'DELETE', digest, 'two'],
      ['ECR Referrer Action', 'DELETE', referrer.digest, undefined],
    ])
  })

  it('goes on after an event', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    await anImage(client, repositoryName, { imageTag: 'one' })
    const [first] = await detailsOf(repositoryName)
    expect((await get(`events?after=${first.id}`)).body).toEqual([])
    await anImage(client, repositoryName, { imageTag: 'two' })
    const { body } = await get(`events?after=${first.id}`)
    expect(body.map(({ detail }: { detail: Record<string, string> }) => detail['image-tag'])).toEqual(['two'])
    expect(await ecr.server.events(first.id)).toEqual(body)
  })

  it('refuses an event that it does not know', async () => {
    expect(await get('events?after=nothing')).toEqual({
      status: 400,
      body: { error: 'There is no event "nothing", or it is kept no longer' },
    })
  })

  it('says nothing of what was refused', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const refused = client.send(new PutImageCommand({ repositoryName, imageManifest: '{' }))
    await expect(refused).rejects.toThrow('Invalid JSON syntax')
    expect(await detailsOf(repositoryName)).toEqual([])
  })

  it('streams all that are kept where the last one that came no longer is', async () => {
    const client = ecr.client()
    await anImage(client, await aRepository(client), { imageTag: 'one' })
    const [first] = await ecr.server.events()
    const headers = { accept: 'text/event-stream', 'last-event-id': 'forgotten' }
    const stream = await fetch(`${ecr.server.url}/_ecr-local/events`, { headers })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain(`id: ${first?.id}\n`)
    await reader?.cancel()
  })

  it('streams them as they come', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    await anImage(client, repositoryName, { imageTag: 'one' })
    const [first] = await detailsOf(repositoryName)
    const headers = { accept: 'text/event-stream', 'last-event-id': first.id }
    const stream = await fetch(`${ecr.server.url}/_ecr-local/events`, { headers })
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    await anImage(client, repositoryName, { imageTag: 'two' })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.endsWith('\n\n')) text += (await reader?.read())?.value
    await reader?.cancel()
    const [id, data] = text.trim().split('\n')
    const event = JSON.parse(String(data).slice('data: '.length))
    expect(id).toBe(`id: ${event.id}`)
    expect(event.detail['image-tag']).toBe('two')
  })
})

/** So many that no socket takes them all: 30 MB. */
const MANY = 30_000

describe('GET /_ecr-local/events of very many', () => {
  const directory = dataDirectory()
  const ecr = emulator({ dataDir: directory.path })
  beforeAll(() => {
    const detail = JSON.stringify({ text: 'x'.repeat(1000) })
    tamper(
      directory,
      `WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
        INSERT INTO events (id, account_id, region, occurred_at, detail_type, resources, detail)
        SELECT 'event-' || n, '000000000000', 'eu-west-1', 0, 'ECR Image Action', '[]', ? FROM numbers`,
      MANY,
      detail,
    )
  })

  it('answers with all that come after one', async () => {
    const events = await ecr.server.events('event-27000')
    expect(events.map(({ id }) => id)).toEqual(
      Array.from({ length: 3000 }, (_, index) => `event-${27_001 + index}`),
    )
    const { body } = await operate(ecr, 'GET', 'events?after=event-27000')
    expect(body).toEqual(events)
  })

  it('streams them no faster than they are read', async () => {
    const headers = { accept: 'text/event-stream' }
    const stream = await fetch(`${ecr.server.url}/_ecr-local/events`, { headers })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = String((await reader?.read())?.value)
    // What the server had not sent by then is never read from the store.
    await ecr.server.reset()
    const client = ecr.client()
    const { digest } = await anImage(client, await aRepository(client), { imageTag: 'last' })
    let received = 0
    while (!text.includes(digest)) {
      received += text.split('\n\n').length - 1
      text = text.slice(text.lastIndexOf('\n\n') + 2) + (await reader?.read())?.value
    }
    await reader?.cancel()
    expect(received).toBeLessThan(MANY - 1000)
  })
})
