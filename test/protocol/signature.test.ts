import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SignedRequest } from '../../src/protocol/canonical-request.ts'
import { verifySignature } from '../../src/protocol/signature.ts'

/** One of AWS's own cases, as `npm run update-signatures` gathered them. */
interface Vector {
  readonly name: string
  readonly context: Context
  /** The text of the request, signed by its Authorization header. */
  readonly header: string
  /** The same, presigned. */
  readonly query?: string
}

interface Context {
  readonly credentials: {
    readonly access_key_id: string
    readonly secret_access_key: string
    readonly token?: string
  }
  readonly service: string
  readonly timestamp: string
}

const GOLDEN = new URL('../golden/signature-v4.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { vectors: Vector[] }

const AS_IT_CAME = 'its path is signed as it came, which S3 alone does'

/** What ECR and STS do not take, and why. */
const NOT_TAKEN: Readonly<Record<string, string>> = {
  'get-relative-unnormalized, header': AS_IT_CAME,
  'get-relative-unnormalized, query': AS_IT_CAME,
  'get-relative-relative-unnormalized, header': AS_IT_CAME,
  'get-relative-relative-unnormalized, query': AS_IT_CAME,
  'get-slash-dot-slash-unnormalized, header': AS_IT_CAME,
  'get-slash-dot-slash-unnormalized, query': AS_IT_CAME,
  'get-slash-pointless-dot-unnormalized, header': AS_IT_CAME,
  'get-slash-pointless-dot-unnormalized, query': AS_IT_CAME,
  'get-slash-unnormalized, header': AS_IT_CAME,
  'get-slash-unnormalized, query': AS_IT_CAME,
  'get-slashes-unnormalized, header': AS_IT_CAME,
  'get-slashes-unnormalized, query': AS_IT_CAME,
  'post-sts-header-after, query':
    'its token was added to a query that was signed before, as AWS IoT wants it',
}

const cases = vectors.flatMap(({ name, context, header, query }) => [
  { title: `${name}, header`, context, request: parse(header) },
  ...(query ? [{ title: `${name}, query`, context, request: parse(query) }] : []),
])
const taken = cases.filter(({ title }) => !(title in NOT_TAKEN))
const notTaken = cases.flatMap((one) => {
  const reason = NOT_TAKEN[one.title]
  return reason ? [{ ...one, reason }] : []
})

/** A request as Node's parser hands it over: names of headers in lower case, each character a byte. */
function parse(text: string): SignedRequest {
  const [head = '', body = ''] = Buffer.from(text).toString('latin1').split('\n\n')
  // RFC 9112, section 5.2: a line that begins with a space goes on with the one before.
  const [line = '', ...fields] = head.trimEnd().replaceAll(/\n +/g, ' ').split('\n')
  const [method = ''] = line.split(' ')
  const url = line.slice(method.length + 1).replace(/ HTTP\/1\.1$/, '')
  const headers: Record<string, string[]> = {}
  for (const field of fields) {
    const name = field.slice(0, field.indexOf(':')).toLowerCase()
    headers[name] = [...(headers[name] ?? []), field.slice(name.length + 1).trim()]
  }
  return { method, url, headers, body: Buffer.from(body, 'latin1') }
}

const MISMATCH = expect.objectContaining({
  code: 'InvalidSignatureException',
  status: 400,
  message: expect.stringMatching(/^The request signature we calculated does not match the signature you/),
})

/** Changes the signature, wherever it stands. */
function withSignature(request: SignedRequest, change: (signature: string) => string): SignedRequest {
  const changed = (text: string) => text.replace(/(?<=Signature=)[0-9a-f]{64}/, change)
  const { headers, url } = request
  const { authorization } = headers
  return authorization
    ? { ...request, headers: { ...headers, authorization: authorization.map(changed) } }
    : { ...request, url: changed(url) }
}

describe('verifySignature', () => {
  function verify({ credentials, service, timestamp }: Context, request: SignedRequest, later = 0): void {
    const key = { secretAccessKey: credentials.secret_access_key, sessionToken: credentials.token }
    const keyOf = (id: string) => (id === credentials.access_key_id ? key : undefined)
    verifySignature(request, { service, now: Date.parse(timestamp) + later, keyOf })
  }

  describe("of AWS's test cases", () => {
    it('knows all, and refuses none that there is not', () => {
      expect(vectors).toHaveLength(40)
      expect(notTaken.map(({ title }) => title).sort()).toEqual(Object.keys(NOT_TAKEN).sort())
    })

    it.each(taken)('takes $title', ({ context, request }) => {
      expect(() => verify(context, request)).not.toThrow()
    })

    it.each(taken)('refuses $title with one digit of its signature changed', ({ context, request }) => {
      const forged = withSignature(request, (signature) =>
        signature.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      )
      expect(() => verify(context, forged)).toThrow(MISMATCH)
      const shorter = withSignature(request, (signature) => signature.slice(0, -1))
      expect(() => verify(context, shorter)).toThrow(MISMATCH)
    })

    it.each(taken)('refuses $title when anything signed is altered', ({ context, request }) => {
      const refuses = (change: Partial<SignedRequest>) =>
        expect(() => verify(context, { ...request, ...change })).toThrow(MISMATCH)
      const { headers, url, method } = request
      refuses({ method: method === 'GET' ? 'POST' : 'GET' })
      refuses({ url: url.includes('?') ? `${url}&x=1` : `${url}?x=1` })
      refuses({ url: url.replace('/', '/x/') })
      refuses({ body: Buffer.from('other') })
      // Of another time or token something else is said.
      const names = signedHeadersOf(request).filter((name) => !/^x-amz-(date|security-token)$/.test(name))
      for (const name of names) refuses({ headers: { ...headers, [name]: ['other'] } })
    })

    it.each(taken)('refuses $title by another secret, and by none', ({ context, request }) => {
      const { credentials } = context
      const other = { ...context, credentials: { ...credentials, secret_access_key: 'other' } }
      expect(() => verify(other, request)).toThrow(MISMATCH)
      const nobody = { ...context, credentials: { ...credentials, access_key_id: 'AKIDOTHER' } }
      expect(() => verify(nobody, request)).toThrow('The security token included in the request is invalid.')
    })

    it.each(taken)('refuses $title when it is too old', ({ title, context, request }) => {
      const life = title.endsWith('query') ? 3600_000 : 300_000
      expect(() => verify(context, request, life)).not.toThrow()
      expect(() => verify(context, request, life + 1000)).toThrow('Signature expired: ')
    })

    it.each(notTaken)('refuses $title: $reason', ({ context, request }) => {
      expect(() => verify(context, request)).toThrow(MISMATCH)
    })
  })

  const GUIDE: Context = {
    credentials: {
      access_key_id: 'AKIDEXAMPLE',
      secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    },
    service: 'iam',
    timestamp: '2015-08-30T12:36:00Z',
  }

  it('takes the ListUsers of the signing guide', () => {
    const request = parse(`GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1
Host: iam.amazonaws.com
Content-Type: application/x-www-form-urlencoded; charset=utf-8
X-Amz-Date: 20150830T123600Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7
`)
    expect(() => verify(GUIDE, request)).not.toThrow()
  })

  it('takes the time of a Date header where there is no other, as the get-vanilla of 2011 has it', () => {
    const request = parse(`GET / HTTP/1.1
Date: Mon, 09 Sep 2011 23:36:00 GMT
Host: host.foo.com
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20110909/us-east-1/host/aws4_request, SignedHeaders=date;host, Signature=b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470
`)
    const context = { ...GUIDE, service: 'host', timestamp: '2011-09-09T23:36:00Z' }
    expect(() => verify(context, request)).not.toThrow()
    expect(() => verify(context, request, 301_000)).toThrow('Signature expired: 20110909T233600Z')
  })
})

function signedHeadersOf({ headers, url }: SignedRequest): string[] {
  const [authorization = ''] = headers.authorization ?? []
  const [, names = ''] = /SignedHeaders=([^&, ]+)/.exec(authorization || url) ?? []
  return decodeURIComponent(names).split(';')
}
