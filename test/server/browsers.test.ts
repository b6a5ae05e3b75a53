import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { plainRequest } from '../support/http.ts'

const FIREFOX = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'accept-language': 'en-US,en;q=0.5',
}

describe('a browser', () => {
  const ecr = emulator()
  const named = emulator({
    registryHost: '{account}.{region}.registry.test:{port}',
    allowedHost: ['ECR-local', 'ecr.example.test'],
  })

  const doors = [
    ['the AWS door', 'POST', '/'],
    ['the registry door', 'GET', '/v2/'],
    ['the downloads', 'GET', '/layers/x'],
    ["the operator's door", 'POST', '/_ecr-local/reset'],
    ['the health check', 'GET', '/_ecr-local/health'],
  ] as const

  /** What each door answers to who may come in and says nothing. */
  const welcome: Record<string, number> = { '/': 400, '/v2/': 401, '/layers/x': 403 }
  const welcomeAt = (path: string) => welcome[path] ?? 200

  it.each(doors)('is refused at %s with a page of another origin', async (_door, method, path) => {
    const url = `${ecr.server.url}${path}`
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost',
      'http://localhost:1',
      ecr.server.url.replace('http', 'https'),
      `${ecr.server.url}.evil.example`,
    ]) {
      const { status, headers, body } = await plainRequest(url, { method, headers: { origin } })
      expect(status).toBe(403)
      expect(JSON.parse(body)).toEqual({
        __type: 'AccessDeniedException',
        message: `A page of ${origin} may not call this server`,
      })
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it.each(doors)(
    'is refused at %s with what a page of another site has in it',
    async (_door, _method, path) => {
      const url = `${ecr.server.url}${path}`
      // Images, scripts and frames are asked for without an `Origin`.
      for (const site of ['cross-site', 'same-site'])
        for (const dest of ['image', 'script', 'iframe', 'empty']) {
          const mode = dest === 'iframe' ? 'navigate' : 'no-cors'
          const headers = {
            'sec-fetch-site': site,
            'sec-fetch-mode': mode,
            'sec-fetch-dest': dest,
            ...FIREFOX,
          }
          const { status, body } = await plainRequest(url, { headers })
          expect([site, dest, status]).toEqual([site, dest, 403])
          expect(JSON.parse(body).message).toBe('A page of another site may not call this server')
        }
    },
  )

  it.each(['cross-site', 'same-site', 'same-origin', 'none'])(
    'is let in where somebody goes by a link or by typing: %s',
    async (site) => {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
      const url = `${ecr.server.url}/_ecr-local/health`
      expect((await plainRequest(url, { headers: { ...headers, ...FIREFOX } })).status).toBe(200)
    },
  )

  it.each(doors)('is refused at %s under a foreign name that leads here', async (_door, method, path) => {
    const url = `${ecr.server.url}${path}`
    for (const host of [
      `evil.example:${ecr.server.port}`,
      'evil.example',
      'localhost.evil.example',
      '000000000000.dkr.ecr.us-east-1.evil.example',
      '127.0.0.1.evil.example',
    ])
      for (const mark of [{ origin: `http://${host}` }, { 'sec-fetch-site': 'same-origin' }, FIREFOX]) {
        const { status, body } = await plainRequest(url, { method, headers: { host, ...mark } })
        expect(status).toBe(403)
        expect(JSON.parse(body).message).toBe(
          `A browser may not reach this server as ${host}; use localhost or its address, or allow it with --allowed-host`,
        )
      }
  })

  it.each(doors)('is refused at %s when it asks what another page may do', async (_door, method, path) => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': method,
      'access-control-request-headers': 'x-amz-target,content-type',
    }
    const answer = await plainRequest(`${ecr.server.url}${path}`, { method: 'OPTIONS', headers })
    expect(answer.status).toBe(403)
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it.each(doors)('is let in at %s with our own page, under any name of ours', async (_door, method, path) => {
    for (const host of [
      ecr.server.registry,
      `127.0.0.1:${ecr.server.port}`,
      '[::1]:3270',
      '192.168.1.7',
      'LOCALHOST:3270',
      'ecr.localhost:3270',
      '000000000000.dkr.ecr.us-east-1.localhost:3270',
      '000000000000.dkr.ecr.us-east-1.amazonaws.com',
      '000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn',
      '000000000000.dkr-ecr.us-east-1.on.aws',
    ]) {
      const headers = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin', ...FIREFOX }
      const { status } = await plainRequest(`${ecr.server.url}${path}`, { method, headers })
      expect([host, status]).toEqual([host, welcomeAt(path)])
    }
  })

  it.each([
    ['123456789012.eu-west-1.registry.test:3270', 200],
    ['123456789012.eu-west-1.registryxtest', 403],
    ['registry.test', 403],
    ['ecr-local:3270', 200],
    ['ECR.example.test', 200],
    ['www.ecr.example.test', 403],
    ['ecr.example.test.evil.example', 403],
  ])('under the names of --registry-host and --allowed-host: %s', async (host, status) => {
    const headers = { host, ...FIREFOX }
    expect((await plainRequest(`${named.server.url}/_ecr-local/health`, { headers })).status).toBe(status)
  })

  it.each(doors)(
    'is not what other clients at %s are, whatever they call us',
    async (_door, method, path) => {
      for (const mark of [
        {},
        { 'user-agent': 'docker/28.0 go/go1.24' },
        { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041' },
        // The fetch of Node.
        { 'user-agent': 'node', 'accept-language': '*', 'sec-fetch-mode': 'cors' },
      ]) {
        const headers = { host: 'ecr-local:3270', ...mark }
        expect((await plainRequest(`${ecr.server.url}${path}`, { method, headers })).status).toBe(
          welcomeAt(path),
        )
      }
    },
  )
})
