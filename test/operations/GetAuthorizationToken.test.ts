import {
  type ECRClient,
  GetAuthorizationTokenCommand,
  type GetAuthorizationTokenCommandInput,
} from '@aws-sdk/client-ecr'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { aRepository } from '../support/content.ts'
import { type Emulator, emulator } from '../support/emulator.ts'
import { DEFAULT_ACCOUNT, invalidParameter } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const HOUR = 60 * 60 * 1000

afterEach(() => {
  vi.useRealTimers()
})

async function authorize(client: ECRClient, input: GetAuthorizationTokenCommandInput = {}) {
  const { authorizationData = [] } = await client.send(new GetAuthorizationTokenCommand(input))
  return authorizationData
}

/** What the registry door answers to this Authorization header. */
async function knock(ecr: Emulator, authorization: string): Promise<number> {
  return (await registryClient(ecr).send('/v2/', { headers: { authorization } })).status
}

function login(password: string, user = 'AWS'): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

describe('GetAuthorizationToken', () => {
  const ecr = emulator()
  const other = emulator()
  let client: ECRClient
  beforeAll(() => {
    client = ecr.client()
  })

  const tokenOf = async (by = client) => String((await authorize(by))[0]?.authorizationToken)
  const passwordOf = async (by = client) =>
    Buffer.from(await tokenOf(by), 'base64')
      .toString()
      .replace(/^AWS:/, '')

  describe('validation', () => {
    it.each<[string, string[]]>([
      ['Member must have length greater than or equal to 1', []],
      ['Member must have length less than or equal to 10', Array(11).fill('123456789012')],
      [
        'Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]',
        ['123456789012', 'mine'],
      ],
    ])('says of registryIds: %s', async (constraint, registryIds) => {
      await expect(authorize(client, { registryIds })).rejects.toMatchObject(
        invalidParameter('registryIds', constraint),
      )
    })
  })

  describe('effects', () => {
    it('answers one entry: the token, its end in twelve hours, and the endpoint that the caller used', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-25T10:00:00.500Z') })
      const entries = await authorize(client)
      expect(entries).toEqual([
        {
          authorizationToken: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
          expiresAt: new Date('2026-11-25T22:00:00.500Z'),
          proxyEndpoint: ecr.server.url,
        },
      ])
    })

    it("answers a password in the form of ECR's", async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-25T10:00:00Z') })
      expect(Buffer.from(await tokenOf(), 'base64').toString()).toMatch(/^AWS:/)
      const envelope = JSON.parse(Buffer.from(await passwordOf(), 'base64').toString())
      expect(envelope).toEqual({
        payload: expect.any(String),
        datakey: expect.any(String),
        version: '2',
        type: 'DATA_KEY',
        expiration: Date.parse('2026-11-25T22:00:00Z') / 1000,
      })
    })

    it('answers an entry for each registry that is named, each once, with tokens as good as another', async () => {
      const registryIds = ['111122223333', DEFAULT_ACCOUNT, '111122223333']
      const entries = await authorize(client, { registryIds })
      expect(entries).toHaveLength(2)
      for (const { authorizationToken } of entries)
        expect(await knock(ecr, `Basic ${authorizationToken}`)).toBe(200)
    })

    it('opens the registry door, as it is and as user and password', async () => {
      expect(await knock(ecr, `Basic ${await tokenOf()}`)).toBe(200)
      expect(await knock(ecr, login(await passwordOf()))).toBe(200)
    })

    it('opens no door for another user, when it was altered, or at another server', async () => {
      const password = await passwordOf()
      const envelope = JSON.parse(Buffer.from(password, 'base64').toString())
      const later = { ...envelope, expiration: envelope.expiration + 1 }
      const headers = [
        login(password, 'aws'),
        login(Buffer.from(JSON.stringify(later)).toString('base64')),
        login(password.slice(0, -4)),
        login(await passwordOf(other.client())),
      ]
      for (const header of headers) expect(await knock(ecr, header), header).toBe(401)
      expect(await knock(other, login(password))).toBe(401)
    })

    it('opens the door for twelve hours', async () => {
      const start = Date.parse('2026-11-25T10:00:00Z')
      vi.useFakeTimers({ toFake: ['Date'], now: start })
      const authorization = `Basic ${await tokenOf()}`
      vi.setSystemTime(start + 12 * HOUR - 1)
      expect(await knock(ecr, authorization)).toBe(200)
      vi.setSystemTime(start + 12 * HOUR)
      const response = await registryClient(ecr).send('/v2/', { headers: { authorization } })
      expect(response.status).toBe(403)
      const message = 'Your authorization token has expired. Reauthenticate and try again.'
      expect(await response.json()).toEqual({ errors: [{ code: 'DENIED', message }] })
    })

    it.each([
      ['account', { accessKeyId: '123456789012' }],
      ['region', { region: 'us-east-2' }],
    ])("leads to the repositories of the caller's %s", async (_, identity) => {
      const theirs = ecr.client(identity)
      const repositoryName = await aRepository(theirs)
      const at = async (by: ECRClient) => {
        const headers = { authorization: `Basic ${await tokenOf(by)}` }
        return (await registryClient(ecr).send(`/v2/${repositoryName}/tags/list`, { headers })).status
      }
      expect(await at(theirs)).toBe(200)
      expect(await at(client)).toBe(404)
    })
  })
})

describe('GetAuthorizationToken with --registry-host', () => {
  const ecr = emulator({ registryHost: '{account}.dkr.ecr.{region}.localhost:{port}' })

  it('answers the endpoint of each registry in the region of the caller', async () => {
    const client = ecr.client({ accessKeyId: '123456789012', region: 'ap-south-2' })
    const endpoint = (account: string) => `http://${account}.dkr.ecr.ap-south-2.localhost:${ecr.server.port}`
    const endpoints = async (input = {}) =>
      (await authorize(client, input)).map(({ proxyEndpoint }) => proxyEndpoint)
    expect(await endpoints()).toEqual([endpoint('123456789012')])
    expect(await endpoints({ registryIds: ['111122223333', '444455556666'] })).toEqual([
      endpoint('111122223333'),
      endpoint('444455556666'),
    ])
  })
})
