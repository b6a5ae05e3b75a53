import { Connection } from '../http/connection.ts'
import { Repository } from '../http/registry.ts'
import { demand, header } from '../http/request.ts'
import { type Image, smallImage } from '../image.ts'
import type { Server } from '../server.ts'
import type { Stage } from './scenario.ts'

const IMAGES = 100

/** As many of the pushed images are pulled afterwards, to see that they are what was pushed. */
const CHECKED = 50

/** Pushes of images that nobody has pushed before. */
export const smallPushes: Stage<'push'> = {
  door: 'registry',
  scenarios: [
    { name: 'push of a small image, 1 client', work: 'push', clients: 1, writes: true },
    { name: 'push of a small image, 16 clients', work: 'push', clients: 16, writes: true },
  ],
  async prepare(server) {
    const repository = await Repository.make(server, 'pushed')
    let pushed: string[] = []
    return {
      push: {
        async operation(connection, index) {
          const tag = `v${index}`
          await repository.pushImage(connection, smallImage(tag), tag)
          pushed.push(tag)
        },
        async check() {
          const connection = await Connection.open(server.port)
          const step = Math.max(1, Math.floor(pushed.length / CHECKED))
          for (const [index, tag] of pushed.entries())
            if (index % step === 0) await repository.pullImage(connection, smallImage(tag), tag)
          connection.close()
          pushed = []
        },
      },
    }
  },
}

export const smallReads: Stage<'manifest' | 'blob' | 'pull'> = {
  door: 'registry',
  scenarios: [
    { name: 'GET manifest by tag, 1 client', work: 'manifest', clients: 1 },
    { name: 'GET manifest by tag, 32 clients', work: 'manifest', clients: 32 },
    { name: 'HEAD blob, 1 client', work: 'blob', clients: 1 },
    { name: 'HEAD blob, 32 clients', work: 'blob', clients: 32 },
    { name: 'pull of a small image, 16 clients', work: 'pull', clients: 16 },
  ],
  async prepare(server) {
    const repository = await Repository.make(server, 'pulled')
    const images = await pushed(server, repository)
    const of = (index: number): Image => images[index % IMAGES] as Image
    const manifests = images.map((_, index) => repository.request('GET', `manifests/v${index}`))
    const heads = images.map(({ layer }) => repository.request('HEAD', `blobs/${layer.digest}`))
    return {
      manifest: {
        async operation(connection, index) {
          const { body } = await demand(connection, 200, manifests[index % IMAGES] as Buffer)
          if (!body.equals(of(index).manifest.bytes)) throw new Error('Another manifest came back')
        },
      },
      blob: {
        async operation(connection, index) {
          const answer = await demand(connection, 200, heads[index % IMAGES] as Buffer)
          const { bytes, digest } = of(index).layer
          const isRight =
            Number(header(answer, 'content-length')) === bytes.length &&
            header(answer, 'docker-content-digest') === digest
          if (!isRight) throw new Error(`HEAD of ${digest} answered ${answer.head}`)
        },
      },
      pull: {
        operation: (connection, index) => repository.pullImage(connection, of(index), `v${index % IMAGES}`),
      },
    }
  },
}

async function pushed(server: Server, repository: Repository): Promise<Image[]> {
  const images = Array.from({ length: IMAGES }, (_, index) => smallImage(`pulled ${index}`))
  const connection = await Connection.open(server.port)
  for (const [index, image] of images.entries()) await repository.pushImage(connection, image, `v${index}`)
  connection.close()
  return images
}
