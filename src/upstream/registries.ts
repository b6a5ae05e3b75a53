import { algorithmOf, type Digest, digestOf, hexOf, parseDigest } from '../rules/digest.ts'
import { MAX_MANIFEST_BYTES } from '../rules/manifest.ts'
import { OCI_INDEX } from '../rules/media-types.ts'
import { type Answer, defaultPatience, getter, type Patience, targetOf } from './http.ts'
import { type Asked, authorizationFor, failureOf, readObject } from './login.ts'
import { type Login, MANIFEST_TYPES, type Upstream, UpstreamError, type Upstreams } from './upstream.ts'

/** Referrers of one subject beyond these many pages are not looked at. */
const MAX_PAGES = 20

/** Logins that were given out are kept until they are refused; more than this many are of a long time. */
const MAX_AUTHORIZATIONS = 1000

export interface UpstreamsOptions {
  /** Where the registry of a host is instead, as origins. Hosts without an entry are asked themselves, by https. */
  readonly elsewhere: ReadonlyMap<string, string>
  readonly patience?: Patience
}

/** Registries over HTTP, as distribution-spec 1.1 and Docker's token protocol have them. */
export function openUpstreams({ elsewhere, patience = defaultPatience }: UpstreamsOptions): Upstreams {
  const closing = new AbortController()
  const get = getter(patience, closing.signal)
  const authorizations = new Map<string, string>()

  function open(host: string, given: Login): Upstream {
    const mapped = elsewhere.get(host)
    // The real ECR gives out passwords at other hosts than its registries', and to who has a secret key.
    const login: Login = given.kind === 'ecr' && mapped === undefined ? { kind: 'anonymous' } : given
    const base = new URL(mapped ?? `https://${host}`)

    /** Asks; when refused, once more with the login that the refusal asks for. */
    async function ask(path: string, accept: string, scope?: string): Promise<Answer> {
      const key = JSON.stringify([base.origin, host, login, scope])
      const url = urlOf(path)
      const attempt = (authorization?: string): Promise<Answer> =>
        get(url, { accept, ...(authorization !== undefined && { authorization }) })
      // Whoever a redirect leads to may want a login, but is not told the registry's (CVE-2020-15157).
      const isOther = ({ origin }: Answer): boolean => origin !== base.origin

      const known = authorizations.get(key)
      if (known !== undefined) {
        const answer = await attempt(known)
        if ((answer.status !== 401 && answer.status !== 403) || isOther(answer)) return answer
        // It may have expired, which ECR answers with 403.
        authorizations.delete(key)
        await answer.drop()
      }
      const answer = await attempt()
      if (answer.status !== 401 || isOther(answer)) return answer
      await answer.drop()
      const asked: Asked = { get, base, scope, login, patience, closing: closing.signal }
      const authorization = await authorizationFor(answer.headers.get('www-authenticate') ?? '', asked)
      if (authorization === undefined) return answer
      if (authorizations.size >= MAX_AUTHORIZATIONS) authorizations.clear()
      authorizations.set(key, authorization)
      return attempt(authorization)
    }

    async function fetchFrom(name: string, route: string, accept: string): Promise<Answer> {
      return demand(await ask(`/v2/${name}/${route}`, accept, `repository:${name}:pull`))
    }

    async function demand(answer: Answer): Promise<Answer> {
      if (answer.status === 200) return answer
      await answer.drop()
      throw new UpstreamError(failureOf(answer.status), `${base.host} answers ${answer.status}`)
    }

    /** An ECR that stands elsewhere can't tell by its own host whose registry is meant: containerd's `ns` says it. */
    function urlOf(path: string): URL {
      const url = new URL(path, base)
      if (login.kind === 'ecr') url.searchParams.set('ns', host)
      return url
    }

    async function listReferrers(name: string, digest: Digest): Promise<Digest[]> {
      const found: Digest[] = []
      let route: string | undefined = `referrers/${digest}`
      for (let page = 0; route !== undefined && page < MAX_PAGES; page += 1) {
        const answer = await fetchFrom(name, route, OCI_INDEX)
        found.push(...digestsIn(await answer.read(MAX_MANIFEST_BYTES), base))
        route = nextRoute(answer.headers.get('link'), urlOf(`/v2/${name}/${route}`), `/v2/${name}/`)
      }
      return found
    }

    const upstream: Upstream = {
      async ping() {
        const answer = await demand(await ask('/v2/', '*/*'))
        await answer.drop()
      },
      async manifest(name, reference) {
        const answer = await fetchFrom(name, `manifests/${reference}`, MANIFEST_TYPES.join(', '))
        const bytes = await answer.read(MAX_MANIFEST_BYTES)
        const digest = parseDigest(reference)
        if (digest && digestOf(bytes, algorithmOf(digest)) !== digest)
          throw new UpstreamError('unavailable', `${base.host} sends another manifest than ${reference}`)
        const mediaType = answer.headers.get('content-type')?.split(';')[0]?.trim()
        return { bytes, mediaType: mediaType || undefined }
      },
      async blob(name, digest) {
        const answer = await fetchFrom(name, `blobs/${digest}`, '*/*')
        const length = answer.headers.get('content-length')
        // Compressed all the same, its length is not that of the bytes that fetch hands out.
        const isAsStated = length !== null && !answer.headers.has('content-encoding')
        const sizeInBytes = isAsStated ? Number(length) : undefined
        return { bytes: answer.pieces(), sizeInBytes, drop: answer.drop }
      },
      async referrers(name, digest) {
        try {
          return await listReferrers(name, digest)
        } catch (error) {
          if (!isMissing(error)) throw error
        }
        // distribution-spec, "Unavailable Referrers API": an index under a tag made of the digest, cut to 64 digits.
        const tag = `${algorithmOf(digest)}-${hexOf(digest).slice(0, 64)}`
        try {
          const { bytes } = await upstream.manifest(name, tag)
          return digestsIn(bytes, base)
        } catch (error) {
          if (!isMissing(error)) throw error
          return []
        }
      },
    }
    return upstream
  }

  return { open, close: () => closing.abort(new Error('the server stops')) }
}

function isMissing(error: unknown): boolean {
  return error instanceof UpstreamError && error.failure === 'missing'
}

function digestsIn(bytes: Buffer, base: URL): Digest[] {
  const { manifests } = readObject(bytes, base)
  if (!Array.isArray(manifests)) return []
  return manifests.flatMap((entry) => parseDigest(String(Object(entry).digest)) ?? [])
}

/** What follows `prefix` in the link to the next page, where that is of the same list. */
function nextRoute(link: string | null, from: URL, prefix: string): string | undefined {
  // A bracket within brackets would have the expression look for its end again and again.
  const target = link === null ? undefined : /<([^<>]*)>\s*;\s*rel="?next"?/.exec(link)?.[1]
  if (target === undefined) return undefined
  const { origin, pathname, search } = targetOf(target, from)
  if (origin !== from.origin || !pathname.startsWith(prefix)) return undefined
  return `${pathname.slice(prefix.length)}${search}`
}
