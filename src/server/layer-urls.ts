import type { LayerOfRepository } from '../distribution/door.ts'
import { keyFor } from '../domain/server-key.ts'
import { checkPresigned, presignPath, type UrlSigner } from '../protocol/presigned-url.ts'
import { parseDigest } from '../rules/digest.ts'
import type { ServerContext } from './context.ts'

/** As ECR's own links live (X-Amz-Expires=3600 in pull logs). */
const LIFE_SECONDS = 3600

const LAYER_PATH = /^\/layers\/([0-9]{12})\/([a-z0-9-]+)\/([a-z0-9._/-]+)\/([a-z0-9]+:[0-9a-f]+)\?/

export interface LayerUrls {
  /** Path and query under which the layer is downloaded, for an hour. */
  sign(layer: LayerOfRepository, host: string): string
  /** The layer behind a path that `sign` made for the host, unless an hour has passed. */
  open(url: string, host: string): LayerOfRepository | undefined
}

/** Links that every door of a server, and every run on its data directory, makes and opens alike. */
export function layerUrlsOf({ key, domain }: Pick<ServerContext, 'key' | 'domain'>): LayerUrls {
  const { now } = domain.clock
  const signer: UrlSigner = {
    accessKeyId: 'ECRLOCALLAYERS',
    secretAccessKey: keyFor(key, 'layer-url').toString('base64'),
  }
  return {
    sign({ registry, repositoryName, digest }, host) {
      const path = `/layers/${registry.accountId}/${registry.region}/${repositoryName}/${digest}`
      return presignPath(signer, { host, path, region: registry.region }, now(), LIFE_SECONDS)
    },
    open(url, host) {
      const match = LAYER_PATH.exec(url)
      if (!match || checkPresigned(signer, host, url, now()) !== 'valid') return undefined
      const [, accountId = '', region = '', repositoryName = '', text = ''] = match
      const digest = parseDigest(text)
      return digest && { registry: { accountId, region }, repositoryName, digest }
    },
  }
}
