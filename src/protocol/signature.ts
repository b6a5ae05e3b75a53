import { createHmac, timingSafeEqual } from 'node:crypto'
import { CONTENT_HASH, canonicalRequest, type SignedRequest, sha256 } from './canonical-request.ts'
import { headerParameters, queryOf } from './credentials.ts'
import { FrameworkError } from './errors.ts'

/** By what a request must have been signed. */
export interface SigningKey {
  readonly secretAccessKey: string
  /** Of temporary credentials; it must be sent along. */
  readonly sessionToken?: string | undefined
}

export interface Verification {
  /** The service that the scope must name. */
  readonly service: string
  /** Epoch milliseconds. */
  readonly now: number
  readonly keyOf: (accessKeyId: string) => SigningKey | undefined
}

const MAX_SKEW_MILLISECONDS = 5 * 60 * 1000
const ALGORITHM = 'AWS4-HMAC-SHA256'
const TERMINATOR = 'aws4_request'
/** Of a presigned request that does not say: as long as others (guess). */
const DEFAULT_PRESIGNED_SECONDS = MAX_SKEW_MILLISECONDS / 1000
const MAX_PRESIGNED_SECONDS = 7 * 24 * 60 * 60
const AMZ_DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/
const UNSIGNED = 'UNSIGNED-PAYLOAD'

/** Date, region, service, terminator. */
type Scope = readonly [string, string, string, string]

/** What the signature says of itself, wherever it stands. */
interface Claim {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  /** As in `X-Amz-Date`. */
  readonly date: string
  /** Of a presigned URL. */
  readonly expiresInSeconds: number | undefined
  readonly sessionToken: string | undefined
}

/**
 * Computes a request's Signature V4 again and compares. The texts are those of AWS's front end, from generic
 * captures of JSON services (those of incomplete signatures: kinesalite); about the scope, of other services.
 *
 * @throws FrameworkError
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(request: SignedRequest, { service, now, keyOf }: Verification): void {
  const claim = claimOf(request)
  const scope = claim.credential.split('/')
  const [date, region, scopeService, terminator] = scope.slice(-4)
  const accessKeyId = scope.slice(0, -4).join('/')
  if (!accessKeyId)
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${claim.credential}'`,
    )
  if (!region) throw invalidSignature('Credential should be scoped to a valid region. ')
  if (scopeService !== service)
    throw invalidSignature(`Credential should be scoped to correct service: '${service}'. `)
  if (terminator !== TERMINATOR)
    throw invalidSignature(
      `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${terminator}'. `,
    )
  if (!claim.signedHeaders.split(';').includes('host'))
    throw invalidSignature("'Host' must be a 'SignedHeader' in the AWS Authorization.")
  checkTime(claim, now)
  const day = claim.date.slice(0, 8)
  if (date !== day)
    throw invalidSignature(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${day}', from '${claim.date}'.`,
    )

  const key = keyOf(accessKeyId)
  if (!key || key.sessionToken !== claim.sessionToken)
    throw new FrameworkError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    )
  const expected = Buffer.from(
    signatureOf(request, claim, [date, region, service, TERMINATOR], key.secretAccessKey),
  )
  const actual = Buffer.from(claim.signature)
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual) || !isBodyAsSigned(request))
    throw invalidSignature(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
}

function claimOf({ headers, url }: SignedRequest): Claim {
  const authorization = headers.authorization?.[0]
  const query = queryOf(url)
  const isPresigned = query.has('X-Amz-Algorithm')
  if (authorization !== undefined && isPresigned)
    throw invalidSignature(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )
  if (authorization !== undefined) return claimOfHeader(authorization, headers)
  if (!isPresigned)
    throw new FrameworkError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  return claimOfQuery(query)
}

const PRESIGNED_PARAMETERS = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']

function claimOfQuery(query: URLSearchParams): Claim {
  const missing = PRESIGNED_PARAMETERS.filter((name) => !query.get(name)).map(
    (name) => `AWS query-string parameters must include '${name}'. `,
  )
  if (missing.length > 0) throw incomplete(`${missing.join('')}Re-examine the query-string parameters.`)
  const algorithm = query.get('X-Amz-Algorithm')
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm': '${algorithm}'.`)
  const expires = query.get('X-Amz-Expires') ?? String(DEFAULT_PRESIGNED_SECONDS)
  // Observed at S3.
  if (!/^\d{1,6}$/.test(expires) || Number(expires) > MAX_PRESIGNED_SECONDS)
    throw incomplete(`X-Amz-Expires must be a number from 0 to ${MAX_PRESIGNED_SECONDS}`)
  return {
    credential: query.get('X-Amz-Credential') ?? '',
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? '',
    signature: query.get('X-Amz-Signature') ?? '',
    date: query.get('X-Amz-Date') ?? '',
    expiresInSeconds: Number(expires),
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
  }
}

function claimOfHeader(authorization: string, headers: SignedRequest['headers']): Claim {
  const [algorithm = ''] = authorization.split(' ')
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm': '${algorithm}'.`)
  const parameters = headerParameters(authorization)
  const date = headers['x-amz-date']?.[0] ?? amzDateOf(headers.date?.[0]) ?? ''
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !parameters.get(name))
    .map((name) => `Authorization header requires '${name}' parameter. `)
  if (!date)
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
  if (missing.length > 0) throw incomplete(`${missing.join('')}Authorization=${authorization}`)
  return {
    credential: parameters.get('Credential') ?? '',
    signedHeaders: parameters.get('SignedHeaders') ?? '',
    signature: parameters.get('Signature') ?? '',
    date,
    expiresInSeconds: undefined,
    sessionToken: headers['x-amz-security-token']?.[0],
  }
}

function amzDateOf(header: string | undefined): string | undefined {
  const time = Date.parse(header ?? '')
  return Number.isNaN(time) ? undefined : amzDate(time)
}

function checkTime({ date, expiresInSeconds }: Claim, now: number): void {
  const signedAt = parseAmzDate(date)
  if (signedAt === undefined) throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${date}'.`)
  const life = expiresInSeconds === undefined ? MAX_SKEW_MILLISECONDS : expiresInSeconds * 1000
  if (signedAt + life < now)
    throw invalidSignature(
      `Signature expired: ${amzDate(signedAt + life - MAX_SKEW_MILLISECONDS)} is now earlier than ${amzDate(now - MAX_SKEW_MILLISECONDS)} (${amzDate(now)} - 5 min.)`,
    )
  if (signedAt - MAX_SKEW_MILLISECONDS > now)
    throw invalidSignature(
      `Signature not yet current: ${date} is still later than ${amzDate(now + MAX_SKEW_MILLISECONDS)} (${amzDate(now)} + 5 min.)`,
    )
}

function signatureOf(request: SignedRequest, claim: Claim, scope: Scope, secretAccessKey: string): string {
  const isPresigned = claim.expiresInSeconds !== undefined
  const canonical = canonicalRequest(request, claim.signedHeaders.split(';'), isPresigned)
  const text = [ALGORITHM, claim.date, scope.join('/'), sha256(canonical)].join('\n')
  const key = scope.reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`))
  return hmac(key, text).toString('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'latin1').digest()
}

/** The signature covers the hash that the header tells; that must be the hash of what came. */
function isBodyAsSigned({ headers, body }: SignedRequest): boolean {
  const told = headers[CONTENT_HASH]?.[0]
  return told === undefined || told === UNSIGNED || told === sha256(body)
}

function amzDate(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
}

function parseAmzDate(text: string): number | undefined {
  const match = AMZ_DATE.exec(text)
  if (!match) return undefined
  const [year = 0, month = 1, day, hour, minute, second] = match.slice(1).map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function incomplete(message: string): FrameworkError {
  return new FrameworkError('IncompleteSignatureException', message)
}

function invalidSignature(message: string): FrameworkError {
  return new FrameworkError('InvalidSignatureException', message)
}
