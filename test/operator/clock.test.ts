import { PutImageCommand } from '@aws-sdk/client-ecr'
import { afterEach, describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { DAY } from '../support/lifecycle.ts'
import { operate } from '../support/operator.ts'

describe('POST /_ecr-local/clock', () => {
  const ecr = emulator()
  const get = (path: string) => operate(ecr, 'GET', path)
  const post = (path: string, body: unknown) => operate(ecr, 'POST', path, body)
  afterEach(() => ecr.server.clock({ reset: true }))

  it.each([
    [{ now: 'yesterday' }, '"now" is a time such as "2027-01-01T00:00:00Z"; got "yesterday"'],
    [{ now: '1' }, '"now" is a time such as "2027-01-01T00:00:00Z"; got "1"'],
    [{ now: '2027-02-30' }, '"now" is a time such as "2027-01-01T00:00:00Z"; got "2027-02-30"'],
    [
      { now: '2027-01-01T00:00:00' },
      '"now" is a time such as "2027-01-01T00:00:00Z"; got "2027-01-01T00:00:00"',
    ],
    [{ now: '1969-12-31T23:59:59Z' }, 'The clock tells the years from 1970 to 9999'],
    [{ advance: 'P8000Y' }, 'The clock tells the years from 1970 to 9999'],
    [{ advance: '30 days' }, '"advance" is a duration of ISO 8601 such as "P30D" or "PT12H"; got "30 days"'],
  ])('refuses %j and moves nothing', async (change, error) => {
    await ecr.server.clock({ now: '2027-01-01', frozen: true })
    expect(await post('clock', { reset: true, frozen: false, ...change })).toEqual({
      status: 400,
      body: { error },
    })
    expect((await get('clock')).body).toEqual({ now: '2027-01-01T00:00:00.000Z', frozen: true })
  })

  it('refuses members that it does not know', async () => {
    expect((await post('clock', { forward: 'P1D' })).status).toBe(400)
  })

  it('sets, stops, moves and releases the time', async () => {
    const set = await post('clock', { now: '2027-01-01T00:00:00Z', frozen: true })
    expect(set.body).toEqual({ now: '2027-01-01T00:00:00.000Z', frozen: true })
    const moved = await post('clock', { advance: 'P30D' })
    expect(moved.body).toEqual({ now: '2027-01-31T00:00:00.000Z', frozen: true })
    expect((await get('clock')).body).toEqual(moved.body)
    const released = await post('clock', { reset: true })
    expect(released.body.frozen).toBe(false)
    expect(Math.abs(Date.parse(released.body.now) - Date.now())).toBeLessThan(60_000)
  })

  it('begins with a reset, whatever else is asked for', async () => {
    await ecr.server.clock({ now: '2030-01-01', frozen: true })
    const { now, frozen } = await ecr.server.clock({ reset: true, advance: 'P1D' })
    expect(Math.abs(Date.parse(now) - Date.now() - DAY)).toBeLessThan(60_000)
    expect(frozen).toBe(false)
  })

  it('goes on from where two changes at once bring it', async () => {
    await ecr.server.clock({ now: '2030-01-01', frozen: true })
    await Promise.all([post('clock', { advance: 'P1D' }), post('clock', { advance: 'PT1H' })])
    expect((await get('clock')).body.now).toBe('2030-01-02T01:00:00.000Z')
  })

  it('lets work that waits wait no longer when it is put back', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { digest } = await anImage(client, repositoryName)
    const toClass = (targetStorageClass: string) =>
      ecr.call('UpdateImageStorageClass', {
        repositoryName,
        imageId: { imageDigest: digest },
        targetStorageClass,
      })
    await ecr.server.clock({ now: '2030-01-01', frozen: true })
    await toClass('ARCHIVE')
    await toClass('STANDARD')
    await ecr.server.clock({ now: '2029-01-01' })
    await ecr.server.clock({ advance: 'PT59S' })
    const statusOf = async () => {
      const filter = { imageStatus: 'ANY' }
      const { body } = await ecr.call('DescribeImages', { repositoryName, filter })
      const { imageStatus, lastActivatedAt } = body.imageDetails[0]
      return [imageStatus, lastActivatedAt]
    }
    expect(await statusOf()).toEqual(['ACTIVATING', undefined])
    await ecr.server.clock({ advance: 'PT1S' })
    expect(await statusOf()).toEqual(['ACTIVE', Date.parse('2029-01-01T00:01:00Z') / 1000])
  })

  it('is the time of images', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    await ecr.server.clock({ now: '2030-05-05T05:05:05Z', frozen: true })
    await anImage(client, repositoryName, { imageTag: 'one' })
    const { body } = await ecr.call('DescribeImages', { repositoryName })
    expect(body.imageDetails[0].imagePushedAt).toBe(Date.parse('2030-05-05T05:05:05Z') / 1000)
  })

  it('does what became due before it answers', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const subject = await anImage(client, repositoryName, { imageTag: 'one' })
    const { mediaType, digest, size } = subject
    const referrer = await anImage(client, repositoryName, { subject: { mediaType, digest, size } })
    await ecr.call('BatchDeleteImage', { repositoryName, imageIds: [{ imageDigest: subject.digest }] })
    await ecr.server.clock({ advance: 'PT23H' })
    expect((await ecr.call('ListImages', { repositoryName })).body.imageIds).toEqual([
      { imageDigest: referrer.digest },
    ])
    await ecr.server.clock({ advance: 'PT1H' })
    expect((await ecr.call('ListImages', { repositoryName })).body.imageIds).toEqual([])
  })

  it('keeps referrers whose subject came back', async () => {
    const client = ecr.client()
    const repositoryName = await aRepository(client)
    const { mediaType, digest, size, text } = await anImage(client, repositoryName)
    await anImage(client, repositoryName, { subject: { mediaType, digest, size } })
    await ecr.call('BatchDeleteImage', { repositoryName, imageIds: [{ imageDigest: digest }] })
    await client.send(new PutImageCommand({ repositoryName, imageManifest: text }))
    await ecr.server.clock({ advance: 'P2D' })
    expect((await ecr.call('ListImages', { repositoryName })).body.imageIds).toHaveLength(2)
  })
})
