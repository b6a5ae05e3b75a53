import { describe, expect, it } from 'vitest'
import { type SignedRequest, verifySignature } from '../../src/protocol/signature.ts'

/** AWS's published examples of Signature V4 ("aws-sig-v4-test-suite", and "Examples" of the signing guide). */
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const NOW = Date.UTC(2015, 7, 30, 12, 36)

interface Vector {
  readonly name: string
  readonly signature: string
  readonly method?: string
  readonly url?: string
  readonly service?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

const vectors: Vector[] = [
  { name: 'get-vanilla', signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
  {
    name: 'post-vanilla',
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    url: '/?Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-header-value-trim',
    headers: { 'my-header1': 'value1', 'my-header2': '"a   b   c"' },
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  {
    name: 'post-x-www-form-urlencoded',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  {
    name: 'the ListUsers of the signing guide',
    url: '/?Action=ListUsers&Version=2010-05-08',
    service: 'iam',
    headers: {
      host: 'iam.amazonaws.com',
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    },
    signature: '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  },
]

function requestOf({ method = 'GET', url = '/', service = 'service', body = '', ...rest }: Vector) {
  const headers: Record<string, string> = {
    host: 'example.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    ...rest.headers,
  }
  const signed = Object.keys(headers).sort().join(';')
  const scope = `AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signed}, Signature=${rest.signature}`
  return { method, url, headers: { ...headers, authorization }, body: Buffer.from(body) }
}

function verify(request: SignedRequest, service = 'service', now = NOW): void {
  const keyOf = (id: string) => (id === 'AKIDEXAMPLE' ? { secretAccessKey: SECRET } : undefined)
  verifySignature(request, { service, now, keyOf })
}

describe('verifySignature', () => {
  it.each(vectors)("takes AWS's $name", (vector) => {
    expect(() => verify(requestOf(vector), vector.service)).not.toThrow()
  })

  it.each(vectors)("refuses AWS's $name when anything signed is altered", (vector) => {
    const request = requestOf(vector)
    const refuses = (change: Partial<SignedRequest>) =>
      expect(() => verify({ ...request, ...change }, vector.service)).toThrow('does not match the signature')
    refuses({ method: 'PUT' })
    refuses({ url: `${request.url}?x=1` })
    refuses({ body: Buffer.from('other') })
    for (const name of Object.keys(request.headers).filter(
      (header) => !/^(authorization|x-amz-date)$/.test(header),
    ))
      refuses({ headers: { ...request.headers, [name]: 'other' } })
    const { authorization } = request.headers
    refuses({ headers: { ...request.headers, authorization: authorization.replace(/.$/, 'x') } })
    refuses({
      headers: { ...request.headers, authorization: authorization.replace('us-east-1', 'eu-west-1') },
    })
    refuses({ headers: { ...request.headers, authorization: authorization.replace(/.$/, '') } })
  })

  it('takes the time of a Date header where there is no other, as the get-vanilla of 2011 has it', () => {
    const scope = 'AKIDEXAMPLE/20110909/us-east-1/host/aws4_request'
    const signature = 'b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470'
    const headers = {
      date: 'Mon, 09 Sep 2011 23:36:00 GMT',
      host: 'host.foo.com',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=date;host, Signature=${signature}`,
    }
    const request = { method: 'GET', url: '/', body: Buffer.alloc(0), headers }
    const signedAt = Date.UTC(2011, 8, 9, 23, 36)
    expect(() => verify(request, 'host', signedAt)).not.toThrow()
    expect(() => verify(request, 'host', signedAt + 301_000)).toThrow('Signature expired: 20110909T233600Z')
  })
})
