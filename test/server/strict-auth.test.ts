import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeRegistryCommand, ECRClient } from '@aws-sdk/client-ecr'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import aws4 from 'aws4'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { plainRequest } from '../support/http.ts'
import { rawExchange, rawRequest, statusesIn } from '../support/sockets.ts'
import { stsClient, usable } from '../support/sts.ts'

const file = join(tmpdir(), `ecr-local-credentials-${process.pid}`)
writeFileSync(
  file,
  `[default]
aws_access_key_id = AKIALICE
aws_secret_access_key = secret/of+alice
[team]
aws_access_key_id = AKIATEAM
aws_secret_access_key = secret-of-team
aws_session_token = token-of-team
aws_account_id = 123456789012
`,
)
afterAll(() => rmSync(file))

const ALICE = { accessKeyId: 'AKIALICE', secretAccessKey: 'secret/of+alice' }
const TEAM = { accessKeyId: 'AKIATEAM', secretAccessKey: 'secret-of-team', sessionToken: 'token-of-team' }

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const UNKNOWN = 'The security token included in the request is invalid.'

describe('--auth strict', () => {
  const ecr = emulator({ auth: 'strict', credentials: file })
  afterEach(() => {
    vi.useRealTimers()
  })

  interface Signing {
    readonly credentials?: aws4.Credentials
    readonly service?: string
    readonly headers?: Record<string, string>
    readonly path?: string
    readonly signQuery?: boolean
  }

  /** DescribeRegistry as a command line would sign it. */
  function signed({ credentials = ALICE, headers = {}, path = '/', service = 'ecr', ...rest }: Signing = {}) {
    const request = aws4.sign(
      {
        service,
        region: 'eu-west-1',
        method: 'POST',
        host: ecr.server.registry,
        path,
        body: '{}',
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': 'AmazonEC2ContainerRegistry_V20150921.DescribeRegistry',
          ...headers,
        },
        ...rest,
      },
      credentials,
    )
    const { Host: _host, 'Content-Length': _length, ...sent } = request.headers as Record<string, string>
    return { path: request.path as string, headers: sent }
  }

  async function send({ path, headers }: ReturnType<typeof signed>, body = '{}') {
    const response = await fetch(new URL(path, ecr.server.url), { method: 'POST', headers, body })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }

  /** As `send`, with headers that fetch would join. */
  async function sendPlain(headers: Record<string, string | string[]>) {
    const { status, body } = await plainRequest(`${ecr.server.url}/`, { method: 'POST', headers, body: '{}' })
    return { status, body: JSON.parse(body) as Record<string, string> }
  }

  /** Node writes each character of a header as one byte: this text is written as its UTF-8. */
  const wireText = (text: string) => Buffer.from(text).toString('latin1')

  const sdk = (credentials: typeof ALICE, region = 'eu-west-1') =>
    new ECRClient({ endpoint: ecr.server.url, region, credentials, maxAttempts: 1 })

  /** A signed request of which one thing was changed afterwards. */
  const altered = (change: (authorization: string) => string, signing?: Signing) => {
    const { path, headers } = signed(signing)
    const authorization = change(headers.Authorization ?? '')
    return { path, headers: { ...headers, Authorization: authorization } as Record<string, string> }
  }

  it('lets in who signs by a secret of the file, in any region, with the account of the file', async () => {
    const { registryId } = await sdk(ALICE).send(new DescribeRegistryCommand({}))
    expect(registryId).toBe('000000000000')
    const team = await sdk(TEAM, 'us-east-2').send(new DescribeRegistryCommand({}))
    expect(team.registryId).toBe('123456789012')
    expect(await send(signed())).toMatchObject({ status: 200, body: { registryId: '000000000000' } })
    expect(await send(signed({ credentials: TEAM }))).toMatchObject({ status: 200 })
  })

  it.each<[what: string, signing: Signing]>([
    ['signed in its query', { signQuery: true }],
    ['signed in its query, by temporary credentials', { signQuery: true, credentials: TEAM }],
    ['with a query of its own', { path: '/?b=2&a=1&c&b=10&d=%C3%A0%20%26' }],
    [
      'with a payload that the signature leaves out',
      { headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } },
    ],
  ])('lets in a request %s', async (_what, signing) => {
    expect((await send(signed(signing))).status).toBe(200)
  })

  it.each<[what: string, request: () => ReturnType<typeof signed>, error: string, message: string]>([
    [
      'with an empty signature',
      () => ({ ...signed(), headers: { ...signed().headers, Authorization: '' } }),
      'IncompleteSignatureException',
      "Unsupported AWS 'algorithm': ''.",
    ],
    [
      'of another kind of login',
      () => altered(() => 'Basic QVdTOng='),
      'IncompleteSignatureException',
      "Unsupported AWS 'algorithm': 'Basic'.",
    ],
    [
      'by a wrong secret',
      () => signed({ credentials: { ...ALICE, secretAccessKey: 'secret' } }),
      'InvalidSignatureException',
      MISMATCH,
    ],
    [
      'by a wrong secret, in the query',
      () => signed({ signQuery: true, credentials: { ...ALICE, secretAccessKey: 'secret' } }),
      'InvalidSignatureException',
      MISMATCH,
    ],
    [
      'by an unknown key',
      () => signed({ credentials: { ...ALICE, accessKeyId: 'AKIABOB' } }),
      'UnrecognizedClientException',
      UNKNOWN,
    ],
    [
      'by a key that every object has',
      () => signed({ credentials: { ...ALICE, accessKeyId: 'constructor' } }),
      'UnrecognizedClientException',
      UNKNOWN,
    ],
    [
      'without the session token of its key',
      () => signed({ credentials: { ...TEAM, sessionToken: '' } }),
      'UnrecognizedClientException',
      UNKNOWN,
    ],
    [
      'with a wrong session token',
      () => signed({ credentials: { ...TEAM, sessionToken: 'x' } }),
      'UnrecognizedClientException',
      UNKNOWN,
    ],
    [
      'with a session token where there is none',
      () => signed({ credentials: { ...ALICE, sessionToken: 'x' } }),
      'UnrecognizedClientException',
      UNKNOWN,
    ],
    [
      'for another service',
      () => signed({ service: 'sts' }),
      'InvalidSignatureException',
      "Credential should be scoped to correct service: 'ecr'. ",
    ],
    [
      'for no region',
      () => altered((text) => text.replace('/eu-west-1/', '//')),
      'InvalidSignatureException',
      'Credential should be scoped to a valid region. ',
    ],
    [
      'with another end of its scope',
      () => altered((text) => text.replace('aws4_request', 'aws5_request')),
      'InvalidSignatureException',
      "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ",
    ],
    [
      'with a scope that is none',
      () => altered((text) => text.replace(/Credential=[^,]+/, 'Credential=AKIALICE')),
      'IncompleteSignatureException',
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIALICE'",
    ],
    [
      'that does not cover the host',
      () => altered((text) => text.replace('host;', '')),
      'InvalidSignatureException',
      "'Host' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'signed twice',
      () => ({ ...signed({ signQuery: true }), headers: signed().headers }),
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    ],
  ])('refuses a request %s', async (_what, request, error, message) => {
    expect(await send(request())).toEqual({ status: 400, body: { __type: error, message } })
  })

  it('refuses a request that is not signed at all', async () => {
    const { Authorization: _none, ...headers } = signed().headers
    expect(await send({ path: '/', headers })).toEqual({
      status: 400,
      body: { __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' },
    })
  })

  it.each(['Credential', 'SignedHeaders', 'Signature'])('names %s when the header lacks it', async (name) => {
    const request = altered((text) => text.replace(new RegExp(`${name}=[^,]+(, )?`), ''))
    const { status, body } = await send(request)
    expect(status).toBe(400)
    expect(body.__type).toBe('IncompleteSignatureException')
    expect(body.message).toBe(
      `Authorization header requires '${name}' parameter. Authorization=${request.headers.Authorization?.trim()}`,
    )
  })

  it('names everything that the header lacks, and the date', async () => {
    const { 'X-Amz-Date': _date, ...headers } = altered(() => 'AWS4-HMAC-SHA256 x').headers
    const { body } = await send({ path: '/', headers })
    expect(body.message).toBe(
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a " +
        "'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 x",
    )
  })

  it.each(['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date'])(
    'names %s when the query lacks it',
    async (name) => {
      const { path, headers } = signed({ signQuery: true })
      const { body } = await send({ path: path.replace(new RegExp(`${name}=[^&]+`), ''), headers })
      expect(body).toEqual({
        __type: 'IncompleteSignatureException',
        message: `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`,
      })
    },
  )

  it.each(['soon', '-1', '604801', ''])('refuses to let a query live for "%s" seconds', async (expires) => {
    const { body } = await send(signed({ signQuery: true, path: `/?X-Amz-Expires=${expires}` }))
    expect(body).toEqual({
      __type: 'IncompleteSignatureException',
      message: 'X-Amz-Expires must be a number from 0 to 604800',
    })
  })

  it.each([
    ['the body', () => signed(), '{ }'],
    [
      'the target',
      () => ({
        ...signed(),
        headers: { ...signed().headers, 'X-Amz-Target': 'AmazonEC2ContainerRegistry_V20150921.ListImages' },
      }),
      '{}',
    ],
    ['the query', () => ({ ...signed(), path: '/?x=1' }), '{}'],
    [
      'the signed query',
      () => ({
        headers: signed({ signQuery: true }).headers,
        path: `${signed({ signQuery: true }).path}&x=1`,
      }),
      '{}',
    ],
    [
      'the body behind its own hash',
      () =>
        signed({
          headers: {
            'X-Amz-Content-Sha256': '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
          },
        }),
      '{ }',
    ],
  ])('refuses a request of which %s was altered', async (_what, request, body) => {
    expect(await send(request(), body)).toEqual({
      status: 400,
      body: { __type: 'InvalidSignatureException', message: MISMATCH },
    })
  })

  it.each<[what: string, request: () => ReturnType<typeof signed>]>([
    [
      'names twice',
      () => altered((text) => text.replace('Credential=', `Credential=${forged()}, Credential=`)),
    ],
    [
      'names under another name',
      () => altered((text) => text.replace('Credential=', `X-Credential=${forged()}, Credential=`)),
    ],
  ])('takes the signer for nobody else whom the header %s', async (_what, request) => {
    expect(await send(request())).toMatchObject({ status: 200, body: { registryId: '000000000000' } })
  })

  /** A scope of somebody else. */
  const forged = () =>
    `AKIATEAM/${new Date().toISOString().slice(0, 10).replaceAll('-', '')}/us-east-2/ecr/aws4_request`

  it('covers all that stands behind the first question mark', async () => {
    const { path, headers } = signed({ signQuery: true })
    const { status, body } = await send({ path: `${path}?/a/b/c`, headers })
    expect([status, body.__type]).toEqual([400, 'InvalidSignatureException'])
  })

  it('covers a parameter by any name', async () => {
    const { path, headers } = signed({ signQuery: true })
    const { status, body } = await send({ path: `${path}&__proto__=x`, headers })
    expect([status, body]).toEqual([400, { __type: 'InvalidSignatureException', message: MISMATCH }])
  })

  it('refuses a query of broken escapes like any that was not signed', async () => {
    const { headers } = signed()
    expect(await send({ path: '/?%E1%8=|%zz', headers })).toMatchObject({
      status: 400,
      body: { __type: 'InvalidSignatureException', message: MISMATCH },
    })
  })

  it('looks for no header in what every object has', async () => {
    const { path, headers } = altered((text) => text.replace('SignedHeaders=', 'SignedHeaders=constructor;'))
    const mismatch = { status: 400, body: { __type: 'InvalidSignatureException', message: MISMATCH } }
    expect(await send({ path, headers })).toEqual(mismatch)
    expect(await send({ path, headers: { ...headers, constructor: 'x' } })).toEqual(mismatch)
  })

  it('takes a header that is sent twice, and text of any language, byte by byte', async () => {
    // Signers join what is repeated with a comma alone (AWS: get-header-key-duplicate), Node with a space behind it.
    const { headers } = signed({ headers: { 'X-Team': 'a,b', 'X-Word': 'à la carte – ሴ' } })
    const sent = { ...headers, 'X-Team': ['a', 'b'], 'X-Word': wireText(headers['X-Word'] as string) }
    expect((await sendPlain(sent)).status).toBe(200)
    expect((await sendPlain({ ...sent, 'X-Team': ['b', 'a'] })).body).toEqual({
      __type: 'InvalidSignatureException',
      message: MISMATCH,
    })
  })

  it.each([
    ['/', 200],
    ['http://localhost/', 200],
    ['http://other.localhost/', 400],
  ])('covers the host that is meant, also by a whole URL: %s is %i', async (target, status) => {
    const { headers } = signed({ headers: { Host: 'localhost' } })
    const lines = Object.entries({ ...headers, 'Content-Length': 2, Connection: 'close' })
    const request = rawRequest(
      `POST ${target}`,
      lines.map(([name, value]) => `${name}: ${value}`),
      '{}',
    )
    expect(statusesIn(await rawExchange(ecr.server.port, request))).toEqual([status])
  })

  it('tells no operator the secrets', async () => {
    const info = await (await fetch(`${ecr.server.url}/_ecr-local/info`)).text()
    expect(info).toContain(`"credentials":"${file}"`)
    expect(info).not.toMatch(/secret.of|token-of/)
  })

  describe('at another time', () => {
    const SIGNED_AT = Date.UTC(2026, 10, 24, 12)
    async function sentAfter(seconds: number, signing?: Signing) {
      vi.useFakeTimers({ toFake: ['Date'], now: SIGNED_AT })
      const request = signed(signing)
      vi.setSystemTime(SIGNED_AT + seconds * 1000)
      return send(request)
    }

    it.each([-300, 0, 300])('takes a request %s seconds after it was signed', async (seconds) => {
      expect((await sentAfter(seconds)).status).toBe(200)
    })

    it.each([
      [
        301,
        'Signature expired: 20261124T120000Z is now earlier than 20261124T120001Z (20261124T120501Z - 5 min.)',
      ],
      [
        86_400,
        'Signature expired: 20261124T120000Z is now earlier than 20261125T115500Z (20261125T120000Z - 5 min.)',
      ],
      [
        -301,
        'Signature not yet current: 20261124T120000Z is still later than 20261124T115959Z (20261124T115459Z + 5 min.)',
      ],
    ])('refuses a request %s seconds after it was signed', async (seconds, message) => {
      expect(await sentAfter(seconds)).toEqual({
        status: 400,
        body: { __type: 'InvalidSignatureException', message },
      })
    })

    it.each([
      [3600, 3600, 200],
      [3600, 3601, 400],
      [10, 11, 400],
      [0, 1, 400],
    ])('lets a query of %s seconds live as long: after %s it is %s', async (expires, seconds, status) => {
      const path = `/?X-Amz-Expires=${expires}`
      expect((await sentAfter(seconds, { signQuery: true, path })).status).toBe(status)
    })

    it('takes signatures by the time of their makers, whatever the clock of the server says', async () => {
      await ecr.server.clock({ advance: 'P30D' })
      expect((await send(signed())).status).toBe(200)
      await ecr.server.clock({ reset: true })
    })

    it('refuses a scope of another day', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: SIGNED_AT })
      const { body } = await send(altered((text) => text.replace('/20261124/', '/20261123/')))
      expect(body).toEqual({
        __type: 'InvalidSignatureException',
        message:
          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261123' != '20261124', from '20261124T120000Z'.",
      })
    })

    it('refuses a date that is none', async () => {
      const { body } = await send(signed({ headers: { 'X-Amz-Date': 'yesterday' } }))
      expect(body.message).toBe("Date must be in ISO-8601 'basic format'. Got 'yesterday'.")
    })
  })

  describe('STS', () => {
    const identity = (credentials: Parameters<typeof stsClient>[1]) =>
      stsClient(ecr, credentials).send(new GetCallerIdentityCommand({}))

    it.each([
      ['a wrong secret', { ...ALICE, secretAccessKey: 'secret' }, 'SignatureDoesNotMatch', MISMATCH],
      ['an unknown key', { ...ALICE, accessKeyId: 'AKIABOB' }, 'InvalidClientTokenId', UNKNOWN],
    ])('refuses %s as the query protocol does', async (_what, credentials, name, message) => {
      await expect(identity(credentials)).rejects.toMatchObject({
        name,
        message,
        $metadata: { httpStatusCode: 403 },
      })
    })

    /** A URL by which others are shown who somebody is, as EKS's clients make it. */
    const shownUrl = (secretAccessKey = TEAM.secretAccessKey) => {
      const { path } = aws4.sign(
        {
          service: 'sts',
          region: 'eu-west-1',
          host: ecr.server.registry,
          path: '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60',
          headers: { 'x-k8s-aws-id': 'cluster' },
          signQuery: true,
        },
        { ...TEAM, secretAccessKey },
      )
      return new URL(path as string, ecr.server.url)
    }
    const show = async (url: URL | string) => {
      const answer = await fetch(url, { headers: { 'x-k8s-aws-id': 'cluster' } })
      return [answer.status, await answer.text()]
    }

    it('verifies the presigned URLs by which others are shown who somebody is', async () => {
      expect(await show(shownUrl())).toEqual([
        200,
        expect.stringContaining('<Account>123456789012</Account>'),
      ])
      expect(await show(shownUrl('secret'))).toEqual([
        403,
        expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
      ])
    })

    // Node's `querystring` reads a thousand parameters and drops the rest, a URL's `searchParams` all of them.
    it.each(['', '&='.repeat(1000), '&a='.repeat(1000), '&__proto__=a', '&=|'])(
      'makes no other call of such a URL: behind "%.8s…"',
      async (filling) => {
        const role = 'RoleArn=arn:aws:iam::123456789012:role/Deploy&RoleSessionName=ci'
        expect(await show(`${shownUrl()}${filling}&Action=AssumeRole&${role}`)).toEqual([
          403,
          expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
        ])
      },
    )

    it.each([
      ['no signature', {}, 403, 'MissingAuthenticationToken'],
      ['half a signature', { authorization: 'AWS4-HMAC-SHA256 x' }, 400, 'IncompleteSignature'],
    ])('refuses %s', async (_what, headers, status, code) => {
      const answer = await fetch(ecr.server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      })
      expect(answer.status).toBe(status)
      expect(await answer.text()).toContain(`<Code>${code}</Code>`)
    })

    it('gives credentials that are verified like any, until they expire or are forgotten', async () => {
      const input = {
        RoleArn: 'arn:aws:iam::210987654321:role/Deploy',
        RoleSessionName: 'ci',
        DurationSeconds: 900,
      }
      const { Credentials } = await stsClient(ecr, ALICE).send(new AssumeRoleCommand(input))
      const role = usable(Credentials)
      const describeAs = (change: Partial<typeof role>) =>
        sdk({ ...role, ...change }).send(new DescribeRegistryCommand({}))
      expect((await describeAs({})).registryId).toBe('210987654321')
      await expect(describeAs({ secretAccessKey: 'x' })).rejects.toThrow(MISMATCH)
      await expect(describeAs({ sessionToken: 'x' })).rejects.toThrow(UNKNOWN)

      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 901_000 })
      await expect(describeAs({})).rejects.toMatchObject({ name: 'ExpiredTokenException' })
      vi.useRealTimers()
      await ecr.server.reset()
      await expect(describeAs({})).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    })
  })
})
