import { timingSafeEqual } from 'node:crypto'
import aws4 from 'aws4'

/** Who signs download URLs, and by which secret. */
export interface UrlSigner {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface SignedTarget {
  readonly host: string
  readonly path: string
  readonly region: string
}

const AMZ_DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

/**
 * A path and query that a GET of this host may use until they expire, in the presigned form of S3.
 *
 * @param now epoch milliseconds
 */
export function presignPath(
  signer: UrlSigner,
  { host, path, region }: SignedTarget,
  now: number,
  expiresInSeconds: number,
): string {
  const date = `${new Date(now).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')}`
  return sign(signer, host, region, `${path}?X-Amz-Date=${date}&X-Amz-Expires=${expiresInSeconds}`)
}

/**
 * Whether `pathAndQuery` came from `presignPath` for this host, unaltered, and how it stands with the time.
 *
 * @param now epoch milliseconds
 */
export function checkPresigned(
  signer: UrlSigner,
  host: string,
  pathAndQuery: string,
  now: number,
): 'valid' | 'expired' | 'refused' {
  const [path = '', query = ''] = pathAndQuery.split('?')
  const given = new URLSearchParams(query)
  const date = given.get('X-Amz-Date') ?? ''
  const expiresInSeconds = Number(given.get('X-Amz-Expires'))
  const region = given.get('X-Amz-Credential')?.split('/')[2] ?? ''
  const issuedAt = parseAmzDate(date)
  if (issuedAt === undefined || !Number.isInteger(expiresInSeconds) || !region) return 'refused'

  const expected = Buffer.from(
    sign(signer, host, region, `${path}?X-Amz-Date=${date}&X-Amz-Expires=${expiresInSeconds}`),
  )
  const actual = Buffer.from(pathAndQuery)
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return 'refused'
  return now < issuedAt + expiresInSeconds * 1000 ? 'valid' : 'expired'
}

function sign(signer: UrlSigner, host: string, region: string, pathAndQuery: string): string {
  const request = { service: 's3', region, method: 'GET', host, path: pathAndQuery, signQuery: true }
  return aws4.sign(request, signer).path as string
}

function parseAmzDate(text: string): number | undefined {
  const match = AMZ_DATE.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match.map(Number)
  return Date.UTC(year as number, (month as number) - 1, day, hour, minute, second)
}
