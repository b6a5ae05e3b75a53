import { z } from 'zod'
import { type Digest, digestOf, hexOf } from './digest.ts'

/**
 * What stands for a step of a build that made no layer: the gzip of an empty tar (1,024 zero bytes), of which
 * Docker's registry has always used the same 32 bytes. Its digest was computed from them.
 */
export const EMPTY_LAYER = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4' as Digest

/** Far above what any builder makes (127 layers); each entry of a history grows a hundredfold here. */
const MAX_HISTORY = 1_000

const imageConfig = z.looseObject({
  architecture: z.string().default(''),
  history: z
    .array(
      z.object({
        created: z.string().nullish(),
        author: z.string().nullish(),
        created_by: z.string().nullish(),
        comment: z.string().nullish(),
        empty_layer: z.boolean().nullish(),
      }),
    )
    .min(1)
    .max(MAX_HISTORY),
})

/** A Docker image manifest of version 2, schema 1, without its signatures. */
export interface Schema1Manifest {
  readonly schemaVersion: 1
  readonly name: string
  readonly tag: string
  readonly architecture: string
  /** The newest layer first, as in `history`. */
  readonly fsLayers: readonly { readonly blobSum: Digest }[]
  readonly history: readonly { readonly v1Compatibility: string }[]
}

/**
 * An image as schema 1 tells it: each step of the config's history with the layer that it made. Only the
 * newest entry can be run; those under it have made-up ids, by the algorithm of Docker's registry.
 *
 * @returns undefined when the config is no image config, or its history does not fit the layers
 * @see https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-1.md
 */
export function schema1Of(
  image: { readonly name: string; readonly tag: string },
  layers: readonly Digest[],
  configBytes: Uint8Array,
): Schema1Manifest | undefined {
  const configText = Buffer.from(configBytes).toString('utf8')
  const parsed = imageConfig.safeParse(parseJson(configText))
  if (!parsed.success) return undefined
  const { history, rootfs: _, ...config } = parsed.data
  if (history.filter((step) => !step.empty_layer).length !== layers.length) return undefined

  const unused = [...layers]
  let parent = ''
  const entries = history.map((step, index) => {
    const blobSum = step.empty_layer ? EMPTY_LAYER : (unused.shift() as Digest)
    const isNewest = index === history.length - 1
    const id = idOf(blobSum, parent, isNewest ? ` ${configText}` : '')
    const ids = { id, parent: parent || undefined, throwaway: step.empty_layer || undefined }
    const described = isNewest ? config : describeStep(step)
    parent = id
    return { blobSum, v1Compatibility: JSON.stringify({ ...described, ...ids }) }
  })
  entries.reverse()
  return {
    schemaVersion: 1,
    ...image,
    architecture: config.architecture,
    fsLayers: entries.map(({ blobSum }) => ({ blobSum })),
    history: entries.map(({ v1Compatibility }) => ({ v1Compatibility })),
  }
}

function describeStep(step: z.infer<typeof imageConfig>['history'][number]): object {
  return {
    created: step.created ?? undefined,
    author: step.author || undefined,
    comment: step.comment || undefined,
    container_config: { Cmd: [step.created_by ?? ''] },
  }
}

function idOf(blobSum: Digest, parent: string, suffix: string): string {
  return hexOf(digestOf(Buffer.from(`${hexOf(blobSum)} ${parent}${suffix}`)))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
