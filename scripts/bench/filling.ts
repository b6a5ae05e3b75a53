import { callApi, encodeCall, imageInput } from './http/api.ts'
import { demand } from './http/request.ts'
import { type Content, manifestOver, smallImage } from './image.ts'
import { load } from './load.ts'
import type { Server } from './server.ts'

/** A repository of images, each with a tag. */
export interface Filling {
  readonly repositoryName: string
  /** The config and the layer of all images. */
  readonly config: Content
  readonly layer: Content
  readonly tags: readonly string[]
  manifestOf(tag: string): Content
}

export function fillingOf(repositoryName: string, imageCount: number): Filling {
  const { config, layer } = smallImage(repositoryName)
  return {
    repositoryName,
    config,
    layer,
    tags: Array.from({ length: imageCount }, (_, index) => `v${String(index).padStart(6, '0')}`),
    manifestOf: (tag) => manifestOver(config, layer, tag),
  }
}

/** Why a server is not measured; no fault of anybody's. */
export class NotMeasured extends Error {}

const FILLING_SECONDS_AT_MOST = 90
/** Of more images than these, nobody who keeps all in a list is filled in time. */
const FILLED_BY_API_AT_MOST = 10_000

/** Fills a server that keeps all in memory, as far as that can be waited for. */
export async function fillByApi(
  server: Server,
  { repositoryName, tags, manifestOf }: Filling,
): Promise<void> {
  if (tags.length > FILLED_BY_API_AT_MOST)
    throw new NotMeasured('to fill it by PutImage would take minutes: each costs it more than the one before')
  await callApi(server, 'CreateRepository', { repositoryName })
  let index = 0
  const { latencies, seconds } = await load(server, {
    clients: 4,
    seconds: FILLING_SECONDS_AT_MOST,
    atMost: tags.length,
    next: () => index++,
    async operation(connection, each) {
      const imageTag = tags[each] as string
      const image = imageInput(repositoryName, imageTag, manifestOf(imageTag))
      await demand(connection, 200, encodeCall(server, 'PutImage', image))
    },
  })
  if (latencies.length < tags.length)
    throw new NotMeasured(
      `filling it took ${seconds.toFixed(0)} s for ${latencies.length} of ${tags.length} images`,
    )
}
