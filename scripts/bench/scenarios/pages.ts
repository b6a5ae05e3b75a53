import { type Filling, fillingOf } from '../filling.ts'
import { encodeCall, type Output, output } from '../http/api.ts'
import { Connection } from '../http/connection.ts'
import { demand } from '../http/request.ts'
import { digestOf } from '../image.ts'
import type { Server } from '../server.ts'
import type { Stage, Work } from './scenario.ts'

const PAGE = 100
const CLIENTS = 16

/** What pages of 100 images cost in a repository of so many. */
export function pages(count: number): Stage<'single' | 'batch' | 'describe' | 'list'> {
  const filling = fillingOf('filled', count)
  const images = `${count.toLocaleString('en')} images, ${CLIENTS} clients`
  return {
    door: 'api',
    scenarios: [
      { name: `BatchGetImage of one by tag of ${images}`, work: 'single', clients: CLIENTS },
      { name: `BatchGetImage of 100 of ${images}`, work: 'batch', clients: CLIENTS },
      { name: `DescribeImages, pages of 100 of ${images}`, work: 'describe', clients: CLIENTS },
      { name: `ListImages, pages of 100 of ${images}`, work: 'list', clients: CLIENTS },
    ],
    filling: () => filling,
    async prepare(server) {
      const tagOf = new Map(filling.tags.map((tag) => [filling.manifestOf(tag).digest, tag]))
      return {
        single: singles(server, filling),
        batch: batches(server, filling, [...tagOf.keys()]),
        describe: walks(server, filling, 'DescribeImages', (answer) =>
          answer.imageDetails.map(({ imageDigest, imageTags }: Output) => {
            if (imageTags[0] !== tagOf.get(imageDigest))
              throw new Error(`${imageDigest} has the tags ${imageTags}`)
            return imageDigest
          }),
        ),
        list: walks(server, filling, 'ListImages', (answer) =>
          answer.imageIds.map(({ imageDigest, imageTag }: Output) => {
            if (imageTag !== tagOf.get(imageDigest)) throw new Error(`${imageDigest} has the tag ${imageTag}`)
            return imageDigest
          }),
        ),
      }
    },
  }
}

/** Gets one image by its tag, as `aws ecr batch-get-image` mostly does, each time the next. */
function singles(server: Server, { repositoryName, tags, manifestOf }: Filling): Work {
  return {
    async operation(connection, index) {
      const imageTag = tags[index % tags.length] as string
      const request = encodeCall(server, 'BatchGetImage', { repositoryName, imageIds: [{ imageTag }] })
      const { images } = output(await demand(connection, 200, request))
      const [image] = images
      if (images.length !== 1 || digestOf(image.imageManifest) !== manifestOf(imageTag).digest)
        throw new Error(`BatchGetImage answered another manifest than that of ${imageTag}`)
    },
  }
}

/** Gets images by their digests, each time the next hundred. */
function batches(server: Server, { repositoryName }: Filling, digests: readonly string[]): Work {
  return {
    async operation(connection, index) {
      const start = (index * PAGE) % digests.length
      const wanted = digests.slice(start, start + PAGE)
      const imageIds = wanted.map((imageDigest) => ({ imageDigest }))
      const request = encodeCall(server, 'BatchGetImage', { repositoryName, imageIds })
      const { images } = output(await demand(connection, 200, request))
      const got = new Set(images.map(({ imageManifest }: Output) => digestOf(imageManifest)))
      if (!wanted.every((digest) => got.has(digest)))
        throw new Error('BatchGetImage answered other manifests')
    },
  }
}

/** Walks through a repository page by page, each client for itself, and over again. */
function walks(
  server: Server,
  { repositoryName, tags }: Filling,
  operation: string,
  digestsIn: (answer: Output) => string[],
): Work {
  const tokens = new WeakMap<Connection, string>()
  let largest = 0

  async function page(connection: Connection): Promise<string[]> {
    const nextToken = tokens.get(connection)
    const request = encodeCall(server, operation, { repositoryName, maxResults: PAGE, nextToken })
    const answer = output(await demand(connection, 200, request))
    if (answer.nextToken) tokens.set(connection, answer.nextToken)
    else tokens.delete(connection)
    const digests = digestsIn(answer)
    largest = Math.max(largest, digests.length)
    if (digests.length !== PAGE && digests.length !== tags.length)
      throw new Error(`A page of ${operation} has ${digests.length} images`)
    return digests
  }

  return {
    async operation(connection) {
      await page(connection)
    },
    /** All pages together are all images. */
    async check() {
      const connection = await Connection.open(server.port)
      const seen = new Set<string>()
      do for (const digest of await page(connection)) seen.add(digest)
      while (tokens.has(connection))
      connection.close()
      if (seen.size !== tags.length) throw new Error(`The pages of ${operation} have ${seen.size} images`)
    },
    note: () =>
      largest > PAGE ? `answers all ${tags.length.toLocaleString('en')} images at once` : undefined,
  }
}
