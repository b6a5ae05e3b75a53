import { describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'
import { rawExchange, rawRequest, statusesIn } from '../support/sockets.ts'

describe('a request', () => {
  const ecr = emulator({ region: 'eu-west-1' })
  const exchange = async (line: string, headers: readonly string[] = []) => {
    const login = `Authorization: ${await registryClient(ecr).authorization()}`
    return rawExchange(ecr.server.port, rawRequest(line, [login, 'Connection: close', ...headers]))
  }

  const askOf = (host: string) => {
    const request = rawRequest('GET /v2/', ['Connection: close'])
    return rawExchange(ecr.server.port, request.replace('Host: localhost', `Host: ${host}`))
  }

  it('whose target is a whole URL is answered as its path and host (RFC 9112, 3.2.2)', async () => {
    const name = await aRepository(ecr.client({ accessKeyId: '111122223333' }))
    const there = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'
    // Whose the repository is, is told by its host alone; the login's account may not enter.
    for (const url of [
      `http://${there}/v2/${name}/tags/list`,
      `HTTPS://${there}:443/v2/${name}/tags/list?n=1`,
    ])
      expect(await exchange(`GET ${url}`)).toContain(`ecr:eu-west-1:111122223333:repository/${name}`)
    expect(await exchange('GET http://registry.test:5000')).toMatch(/^HTTP\/1\.1 405 [\s\S]*POST \//)
    expect(
      statusesIn(await exchange('GET http://localhost?Action=GetCallerIdentity&Version=2011-06-15')),
    ).toEqual([200])
    expect(statusesIn(await exchange('GET http://localhost/_ecr-local/health'))).toEqual([200])
  })

  it('whose target is a whole URL is not let in by a Host of its own', async () => {
    const page = ['Sec-Fetch-Site: same-origin']
    expect(statusesIn(await exchange('GET http://evil.example/v2/', page))).toEqual([403])
    expect(statusesIn(await exchange('GET /v2/', page))).toEqual([200])
  })

  it.each([
    ['two hosts', ['Host: 111122223333.dkr.ecr.eu-west-1.amazonaws.com']],
    ['the same host twice', ['host: localhost']],
  ])('with %s is refused (RFC 9112, 3.2)', async (_what, headers) => {
    for (const line of ['GET /v2/', 'GET /_ecr-local/health', 'POST /']) {
      const received = await exchange(line, headers)
      expect(received).toMatch(/^HTTP\/1\.1 400 [\s\S]*It is not clear which host the request means/)
    }
  })

  it.each(['a"b', 'a b', 'a/b', 'user@localhost', 'a\\b', 'localhost:port', 'a,b'])(
    'with the host %s is refused (RFC 9112, 3.2)',
    async (host) => {
      const [head = '', body = ''] = (await askOf(host)).split('\r\n\r\n')
      expect(head).toMatch(/^HTTP\/1\.1 400 /)
      expect(JSON.parse(body)).toEqual({
        errors: [{ code: 'UNKNOWN', message: 'It is not clear which host the request means' }],
      })
    },
  )

  it.each([
    'localhost',
    'ecr_local:3270',
    '127.0.0.1:1',
    '[::1]:3270',
    '[fe80::1%25eth0]',
    'a.b-c.test.',
    '',
  ])('with the host %s is heard', async (host) => {
    expect(statusesIn(await askOf(host))).toEqual([401])
  })
})
