import { BatchDeleteImageCommand, PutImageCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
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
