import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { operate } from '../support/operator.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

describe("the operator's door", () => {
  const ecr = emulator({ accountId: '123456789012' })

  it('tells its health, in two forms', async () => {
    expect(await operate(ecr, 'GET', 'health')).toEqual({ status: 200, body: { status: 'ok', version } })
    const localstack = await fetch(`${ecr.server.url}/_localstack/health`)
    expect(await localstack.json()).toEqual({
      services: { ecr: 'running', sts: 'running' },
      edition: 'ecr-local',
      version,
    })
    const head = await fetch(`${ecr.server.url}/_ecr-local/health`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect((await fetch(`${ecr.server.url}/_ecr-local/health/?since=1`)).status).toBe(200)
    expect(await operate(ecr, 'POST', 'health')).toEqual({
      status: 404,
      body: { error: 'There is no POST /_ecr-local/health' },
    })
    expect((await operate(ecr, 'GET', 'healthy')).status).toBe(404)
  })

  it('tells what it is made of and holds', async () => {
    const before = (await operate(ecr, 'GET', 'info')).body
    const client = ecr.client({ region: 'us-west-2' })
    const { layers, config } = await anImage(client, await aRepository(client))
    const { status, body } = await operate(ecr, 'GET', 'info')
    expect(status).toBe(200)
    expect(body).toEqual({
      version,
      apiVersion: '2015-09-21',
      configuration: {
        port: 0,
        host: '127.0.0.1',
        dataDir: '.ecr-local',
        inMemory: true,
        accountId: '123456789012',
        region: 'us-east-1',
        auth: 'open',
        anonymous: 'nothing',
        tls: false,
        allowedHost: [],
        upstream: [],
        scannerTimeout: 300,
        wire: 'spec',
        logFormat: 'pretty',
        logLevel: 'silent',
      },
      uptimeSeconds: expect.any(Number),
      memory: { rssBytes: expect.any(Number), heapUsedBytes: expect.any(Number) },
      repositories: before.repositories + 1,
      images: before.images + 1,
      layers: {
        count: before.layers.count + 2,
        sizeInBytes: before.layers.sizeInBytes + config.size + (layers[0]?.size ?? 0),
      },
    })
  })

  it.each([
    ['GET', 'nothing'],
    ['GET', ''],
    ['DELETE', 'health'],
    ['GET', 'reset'],
    ['POST', 'faults'],
    ['GET', 'health/x'],
  ])('has nothing at %s %s', async (method, path) => {
    expect(await operate(ecr, method, path)).toEqual({
      status: 404,
      body: { error: `There is no ${method} /_ecr-local/${path}` },
    })
  })

  it.each([
    ['POST', 'reset'],
    ['POST', 'gc'],
    ['PUT', 'faults'],
  ])('refuses malformed JSON at %s %s', async (method, path) => {
    const { status, body } = await operate(ecr, method, path, '{"registry":')
    expect(status).toBe(400)
    expect(body.error).toMatch(/JSON/)
  })

  it('refuses a body beyond reason, and lives', async () => {
    const { status, body } = await operate(ecr, 'POST', 'reset', ' '.repeat(11 * 1024 * 1024))
    expect([status, body]).toEqual([413, { error: 'request entity too large' }])
    expect((await operate(ecr, 'GET', 'health')).status).toBe(200)
  })
})
