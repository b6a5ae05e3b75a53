import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { matchesArtifactType } from '../../src/rules/artifact-type.ts'
import { digestOf } from '../../src/rules/digest.ts'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import type { Database, Image, Reads, Repository, Writes } from '../../src/store/database.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { bareRepository } from '../support/bare-repository.ts'

const here = { accountId: '000000000000', region: 'eu-west-1' }
const elsewhere = { accountId: '000000000000', region: 'us-east-1' }
const session = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  accountId: here.accountId,
  principalArn: 'arn:aws:iam::000000000000:root',
  userId: here.accountId,
  expiresAt: 1_000,
}

function addRepository(tx: Writes, name: string, registry = here): Promise<Repository> {
  return tx.repositories.insert(bareRepository(registry, name))
}

interface Contents {
  artifactType?: string
  blobs?: readonly string[]
  children?: readonly Image[]
  tag?: string
}

/** An image whose manifest is `text`. */
function addImage(tx: Writes, repository: Repository, text: string, contents: Contents = {}): Promise<Image> {
  const { artifactType, blobs = [], children = [], tag } = contents
  const manifest = Buffer.from(text)
  return tx.images.insert(
    {
      repositoryId: repository.id,
      digest: digestOf(manifest),
      mediaType: OCI_MANIFEST,
      artifactType,
      manifestBytes: manifest.length,
      sizeInBytes: 1,
      subject: undefined,
      annotations: undefined,
      pushedAt: 1,
    },
    {
      manifest,
      blobs: blobs.map((name) => ({ digest: digestOf(Buffer.from(name)), mediaType: `text/${text}` })),
      children: children.map(({ digest }) => digest),
      tag,
    },
  )
}

const upload = {
  id: 'upload',
  startedAt: 1,
  receivedBytes: 0,
  partCount: 0,
  firstPartBytes: 0,
  lastPartBytes: 0,
  hasShortPart: false,
  digestAlgorithm: 'sha256',
} as const

const layerNamed = (name: string, linkedAt = 1) => ({
  digest: digestOf(Buffer.from(name)),
  sizeInBytes: name.length,
  linkedAt,
})

const namesIn = (registry: typeof here) => async (tx: Reads) =>
  (await tx.repositories.list(registry, { after: '', limit: 100 })).map(({ name }) => name)

/** A promise and what resolves it: where a transaction stands still until the test lets it go on. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** What every metadata store must do; each implementation is a row. */
describe.each([
  ['SQLite', (directory: string) => openSqlite({ file: join(directory, 'metadata.db'), durable: false })],
])('the contract of the metadata store: %s', (_, open) => {
  let directory: string
  let database: Database
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecr-local-store-'))
    database = open(directory)
  })
  afterEach(async () => {
    await database.close()
    rmSync(directory, { recursive: true })
  })

  describe('transactions', () => {
    it('show nothing of a write before it ends, and hold up no reader meanwhile', async () => {
      const [inserted, goOn] = [gate(), gate()]
      const writing = database.write(async (tx) => {
        await addRepository(tx, 'new')
        expect(await namesIn(here)(tx)).toEqual(['new'])
        inserted.open()
        await goOn.opened
      })
      await inserted.opened
      expect(await Promise.all([1, 2].map(() => database.read(namesIn(here))))).toEqual([[], []])
      goOn.open()
      await writing
      expect(await database.read(namesIn(here))).toEqual(['new'])
    })

    it('read one state to the end, whatever is to be written meanwhile, and hold up no other reader', async () => {
      const [begun, goOn] = [gate(), gate()]
      const reading = database.read(async (tx) => {
        const before = await namesIn(here)(tx)
        begun.open()
        await goOn.opened
        return [before, await namesIn(here)(tx)]
      })
      await begun.opened
      const writing = database.write((tx) => addRepository(tx, 'new'))
      for (let turn = 0; turn < 5; turn += 1) await setImmediate()
      expect(await database.read(namesIn(here))).toEqual([])
      goOn.open()
      expect(await reading).toEqual([[], []])
      await writing
      expect(await database.read(namesIn(here))).toEqual(['new'])
    })

    it('read what was written last of what every request asks for', async () => {
      const state = async (tx: Reads) => {
        const { policyText, scanOnPush } = (await tx.repositories.find(here, 'asked')) ?? {}
        const { repository, registry } = (await tx.policies.find(here, 'asked')) ?? {}
        const setting = await tx.registrySettings.get(here, 'registryPolicy')
        return [policyText, scanOnPush, repository, registry, setting]
      }
      const steps: ((tx: Writes, id: number) => Promise<unknown>)[] = [
        (tx, id) => tx.repositories.setPolicy(id, 'policy'),
        (tx, id) => tx.repositories.update(id, { scanOnPush: true }),
        (tx) => tx.registrySettings.put(here, 'registryPolicy', 'registry'),
        (tx) => tx.registrySettings.delete(here, 'registryPolicy'),
        (tx, id) => tx.repositories.delete(id),
        (tx) => addRepository(tx, 'asked'),
      ]
      const { id } = await database.write((tx) => addRepository(tx, 'asked'))
      const seen = [await database.read(state)]
      for (const step of steps) {
        const failing = database.write(async (tx) => {
          await step(tx, id)
          const within = await state(tx)
          throw Object.assign(new Error('taken back'), { within })
        })
        const { within } = await failing.catch((error) => error)
        expect(await database.read(state)).toEqual(seen.at(-1))
        await database.write((tx) => step(tx, id))
        seen.push(await database.read(state))
        expect(within).toEqual(seen.at(-1))
      }
      expect(seen).toEqual([
        [undefined, false, undefined, undefined, undefined],
        ['policy', false, 'policy', undefined, undefined],
        ['policy', true, 'policy', undefined, undefined],
        ['policy', true, 'policy', 'registry', 'registry'],
        ['policy', true, 'policy', undefined, undefined],
        [undefined, undefined, undefined, undefined, undefined],
        [undefined, false, undefined, undefined, undefined],
      ])
      await database.clear()
      expect(await database.read(state)).toEqual(seen.at(-2))
    })

    it('write one after the other, in the order of their calls', async () => {
      const steps: string[] = []
      const write = (name: string) =>
        database.write(async (tx) => {
          steps.push(`${name} begins`)
          await addRepository(tx, name)
          steps.push(`${name} ends`)
          return name
        })
      expect(await Promise.all(['b', 'a'].map(write))).toEqual(['b', 'a'])
      expect(steps).toEqual(['b begins', 'b ends', 'a begins', 'a ends'])
    })

    it('leave nothing of a write that throws, and pass on what it threw', async () => {
      const failure = new Error('no')
      const failing = database.write(async (tx) => {
        await addImage(tx, await addRepository(tx, 'lost'), 'image')
        throw failure
      })
      const next = database.write((tx) => addRepository(tx, 'kept'))
      await expect(failing).rejects.toBe(failure)
      await next
      expect(await database.read(namesIn(here))).toEqual(['kept'])
      expect(await database.read((tx) => tx.images.countAll())).toBe(0)
    })

    it('leave nothing of a write that breaks a rule of the schema', async () => {
      const twice = database.write(async (tx) => {
        await addRepository(tx, 'one')
        await addRepository(tx, 'one')
      })
      await expect(twice).rejects.toThrow('UNIQUE')
      expect(await database.read(namesIn(here))).toEqual([])
    })

    it('let a reader that threw be followed by others', async () => {
      const failure = new Error('no')
      await expect(database.read(() => Promise.reject(failure))).rejects.toBe(failure)
      await database.write((tx) => addRepository(tx, 'new'))
      expect(await database.read(namesIn(here))).toEqual(['new'])
    })
  })

  it('keeps what was written when it is closed, and never uses an id twice', async () => {
    const { repository, image } = await database.write(async (tx) => {
      const repository = await addRepository(tx, 'kept')
      const image = await addImage(tx, repository, 'image')
      await tx.images.delete(image)
      return { repository, image }
    })
    await database.close()
    database = open(directory)
    const again = await database.write((tx) => addImage(tx, repository, 'image'))
    expect(again.id).toBeGreaterThan(image.id)
    const found = await database.read((tx) => tx.repositories.find(here, 'kept'))
    expect(found).toEqual(repository)
  })

  it('ends what is being written before it closes', async () => {
    const writing = database.write((tx) => addRepository(tx, 'last'))
    await database.close()
    await writing
    database = open(directory)
    expect(await database.read(namesIn(here))).toEqual(['last'])
  })

  describe('clear', () => {
    let stored: number[]
    beforeEach(async () => {
      await database.write(async (tx) => {
        const first = await addRepository(tx, 'shared')
        const second = await addRepository(tx, 'shared', elsewhere)
        stored = [(await addImage(tx, first, 'only here')).id]
        for (const repository of [first, second]) {
          const image = await addImage(tx, repository, 'in both', { blobs: ['layer'] })
          stored.push(image.id)
          await tx.images.tag(image, 'v1')
          await tx.layers.link(repository.id, layerNamed('layer'))
          await tx.uploads.save({ ...upload, id: repository.registry.region, repositoryId: repository.id })
        }
        await tx.sessions.insert(session)
        await tx.settings.put('key', Buffer.from('value'))
      })
    })

    const state = () =>
      database.read(async (tx) => ({
        here: await namesIn(here)(tx),
        elsewhere: await namesIn(elsewhere)(tx),
        images: await tx.images.countAll(),
        layers: (await tx.layers.totals()).count,
        uploads: await tx.uploads.ids(),
        manifests: (await Promise.all(stored.map((id) => tx.images.manifest(id)))).map(String),
        session: await tx.sessions.find(session.accessKeyId),
        setting: String(await tx.settings.get('key')),
      }))

    it('forgets everything of one registry, and nothing of another', async () => {
      await database.clear(here)
      expect(await state()).toEqual({
        here: [],
        elsewhere: ['shared'],
        images: 1,
        layers: 1,
        uploads: [elsewhere.region],
        manifests: ['undefined', 'undefined', 'in both'],
        session,
        setting: 'value',
      })
    })

    it('forgets everything but the settings, which hold the key of the server', async () => {
      await database.clear()
      expect(await state()).toEqual({
        here: [],
        elsewhere: [],
        images: 0,
        layers: 0,
        uploads: [],
        manifests: ['undefined', 'undefined', 'undefined'],
        session: undefined,
        setting: 'value',
      })
    })

    it('waits for its turn among the writes', async () => {
      const before = database.write((tx) => addRepository(tx, 'before'))
      const clearing = database.clear()
      const after = database.write((tx) => addRepository(tx, 'after'))
      await Promise.all([before, clearing, after])
      expect(await database.read(namesIn(here))).toEqual(['after'])
    })
  })

  describe('repositories', () => {
    it('tell whether a registry has so many, of whatever others have and had', async () => {
      const answers = await database.write(async (tx) => {
        const elsewhere = { ...here, accountId: '999999999999' }
        const has = async (): Promise<boolean[]> => [
          await tx.repositories.hasAtLeast(here, 1),
          await tx.repositories.hasAtLeast(here, 2),
          await tx.repositories.hasAtLeast(elsewhere, 1),
        ]
        const seen = [await has()]
        const first = await addRepository(tx, 'first')
        seen.push(await has())
        await addRepository(tx, 'second')
        seen.push(await has())
        await tx.repositories.delete(first.id)
        seen.push(await has())
        return seen
      })
      expect(answers).toEqual([
        [false, false, false],
        [true, false, false],
        [true, true, false],
        [true, false, false],
      ])
    })
  })

  describe('images', () => {
    it('are told to lifecycle policies page by page, with their tags and the indexes that name them', async () => {
      const pages = await database.write(async (tx) => {
        const repository = await addRepository(tx, 'aging')
        const [child, other] = [await addImage(tx, repository, '1'), await addImage(tx, repository, '2')]
        const index = await addImage(tx, repository, '3', { children: [child] })
        const stranger = await addImage(tx, await addRepository(tx, 'elsewhere'), '1')
        for (const tag of ['b', 'a']) await tx.images.tag(other, tag)
        await tx.images.tag(stranger, 'a')
        await tx.images.setStatus(index.id, 'ARCHIVED', 7)
        const list = async (status: Image['status'], after: number) =>
          (await tx.images.listLifecycleCandidates(repository.id, status, { after, limit: 1 })).map(
            ({ digest, tags, parents, lastArchivedAt }) => ({ digest, tags, parents, lastArchivedAt }),
          )
        const told = { tags: [], parents: [], lastArchivedAt: undefined }
        expect(await list('ACTIVE', 0)).toEqual([{ ...told, digest: child.digest, parents: [index.digest] }])
        expect(await list('ACTIVE', child.id)).toEqual([{ ...told, digest: other.digest, tags: ['a', 'b'] }])
        expect(await list('ARCHIVED', 0)).toEqual([{ ...told, digest: index.digest, lastArchivedAt: 7 }])
        return list('ACTIVE', other.id)
      })
      expect(pages).toEqual([])
    })

    it('are counted in their repository, and tags in their image, wherever a tag goes', async () => {
      const counts = await database.write(async (tx) => {
        const repository = await addRepository(tx, 'counted')
        const [first, second] = [await addImage(tx, repository, '1'), await addImage(tx, repository, '2')]
        const seen: number[][] = []
        const count = async () => {
          const images = await tx.repositories.imageCount(repository.id)
          const tags = await Promise.all(
            [first, second].map(
              async ({ digest }) => (await tx.images.findByDigest(repository.id, digest))?.tagCount ?? -1,
            ),
          )
          seen.push([images, ...tags])
        }
        const steps = [
          () => tx.images.tag(first, 'a'),
          () => tx.images.tag(first, 'a'),
          () => tx.images.tag(first, 'b'),
          () => tx.images.tag(second, 'a'),
          () => tx.images.untag(repository.id, 'b'),
          () => tx.images.untag(repository.id, 'b'),
          () => tx.images.delete(second),
        ]
        for (const step of steps) {
          await step()
          await count()
        }
        return seen
      })
      expect(counts).toEqual([
        [2, 1, 0],
        [2, 1, 0],
        [2, 2, 0],
        [2, 1, 1],
        [2, 0, 1],
        [2, 0, 1],
        [1, 0, -1],
      ])
    })

    it('take their manifest with them, and leave the same one to another repository', async () => {
      const manifests = await database.write(async (tx) => {
        const repositories = [await addRepository(tx, 'one'), await addRepository(tx, 'two')]
        const kept: string[][] = []
        const images: Image[] = []
        for (const repository of repositories) images.push(await addImage(tx, repository, 'same'))
        for (const repository of repositories) {
          await tx.repositories.delete(repository.id)
          kept.push(await Promise.all(images.map(async ({ id }) => `${await tx.images.manifest(id)}`)))
        }
        return kept
      })
      expect(manifests).toEqual([
        ['undefined', 'same'],
        ['undefined', 'undefined'],
      ])
    })

    it('take a tag as they are stored, from whichever image has it', async () => {
      const counts = await database.write(async (tx) => {
        const repository = await addRepository(tx, 'tagged')
        const first = await addImage(tx, repository, '1', { tag: 'a' })
        const second = await addImage(tx, repository, '2', { tag: 'a' })
        expect(await tx.images.findByTag(repository.id, 'a')).toEqual(second)
        return [first, await tx.images.findByDigest(repository.id, first.digest), second].map(
          (image) => image?.tagCount,
        )
      })
      expect(counts).toEqual([1, 0, 1])
    })

    it('name their parents in the order of push, as long as these are here', async () => {
      const parents = await database.write(async (tx) => {
        const repository = await addRepository(tx, 'family')
        const child = await addImage(tx, repository, 'child')
        const [first, second] = [
          await addImage(tx, repository, 'first', { children: [child] }),
          await addImage(tx, repository, 'second', { children: [child] }),
        ]
        const both = await tx.images.parentsOf(repository.id, child.digest)
        await tx.images.delete(first)
        return { both, one: await tx.images.parentsOf(repository.id, child.digest), first, second }
      })
      expect(parents.both).toEqual([parents.first.digest, parents.second.digest])
      expect(parents.one).toEqual([parents.second.digest])
    })

    it('are listed as they are found one by one, with their tags, whatever their texts hold', async () => {
      const types = ['a"b\\', "it's", '\n\t\u0001\u007f', 'nul\0nul', 'é😀\u2028', '[1,"x"],', undefined]
      await database.write(async (tx) => {
        const repository = await addRepository(tx, 'listed')
        for (const [index, artifactType] of types.entries()) {
          const image = await addImage(
            tx,
            repository,
            `image ${index}`,
            artifactType === undefined ? {} : { artifactType },
          )
          for (const tag of ['b', 'B', '_', '10', '9'].slice(0, index))
            await tx.images.tag(image, tag + index)
          await tx.images.setLastPulled(image.id, Number.MAX_SAFE_INTEGER - index)
        }
        await tx.images.setStatus((await tx.images.findByTag(repository.id, 'b1'))?.id ?? 0, 'ARCHIVED', 7)
        const page = { after: 0, limit: 100 }
        const listed = await tx.images.list(repository.id, {}, page)
        const found = await Promise.all(
          listed.map(async ({ id, digest }) => ({
            ...(await tx.images.findByDigest(repository.id, digest)),
            tags: await tx.images.tagsOf(id),
          })),
        )
        expect(listed.map(({ artifactType }) => artifactType)).toEqual(types)
        expect(listed).toEqual(found)
        expect(listed[4]?.tags).toEqual(['104', 'B4', '_4', 'b4'])
        const identifiers = await tx.images.listIdentifiers(
          repository.id,
          {},
          { afterImage: 0, afterTag: '', limit: 100 },
        )
        expect(identifiers).toEqual(
          listed.flatMap(({ id, digest, tags }) =>
            (tags.length > 0 ? tags : [undefined]).map((tag) => ({ imageId: id, digest, tag })),
          ),
        )
      })
    })

    it.each([1, 2, 10, 11, 100, 101, 250])(
      'are found %i at once as they are found one by one',
      async (count) => {
        await database.write(async (tx) => {
          const repository = await addRepository(tx, 'batches')
          const other = await addRepository(tx, 'other')
          const stored: Image[] = []
          for (let index = 0; index < count; index += 1) {
            const image = await addImage(tx, repository, `image ${index}`)
            for (const tag of ['b', 'B', '10', '9'].slice(0, index % 5))
              await tx.images.tag(image, tag + index)
            if (index % 2 === 0) await tx.images.setLastPulled(image.id, Number.MAX_SAFE_INTEGER - index)
            stored.push(image)
          }
          const elsewhere = await addImage(tx, other, 'of another repository')
          await tx.images.tag(elsewhere, 'elsewhere')
          const digests = stored.map(({ digest }) => digest)
          const tags = stored.flatMap((_, index) => (index % 5 > 0 ? [`b${index}`] : []))

          const found = await tx.images.findAll(repository.id, {
            digests: [...digests, ...digests.slice(0, 1), elsewhere.digest],
            tags: [...tags, 'elsewhere', 'unknown'],
          })
          const manifests = await tx.images.manifests([...stored.map(({ id }) => id), 0])
          const tagsOfAll = await tx.images.tagsOfAll(stored.map(({ id }) => id))

          expect([...found.byDigest.keys()].sort()).toEqual([...digests].sort())
          expect([...found.byTag.keys()].sort()).toEqual([...tags].sort())
          expect([...manifests.keys()].sort()).toEqual(stored.map(({ id }) => id).sort())
          for (const { id, digest } of stored) {
            const image = await tx.images.findByDigest(repository.id, digest)
            expect(image).toMatchObject(found.byDigest.get(digest) ?? {})
            expect(manifests.get(id)).toEqual(await tx.images.manifest(id))
            expect(tagsOfAll.get(id) ?? []).toEqual(await tx.images.tagsOf(id))
          }
          for (const tag of tags)
            expect(await tx.images.findByTag(repository.id, tag)).toMatchObject(found.byTag.get(tag) ?? {})
        })
      },
    )

    it('ask for nothing where nothing is named', async () => {
      await database.read(async (tx) => {
        expect(await tx.images.findAll(1, { digests: [], tags: [] })).toEqual({
          byDigest: new Map(),
          byTag: new Map(),
        })
        expect(await tx.images.manifests([])).toEqual(new Map())
        expect(await tx.images.tagsOfAll([])).toEqual(new Map())
      })
    })

    it('tell the tags of those that are ACTIVE as JSON has them, page by page', async () => {
      const tag = fc.string({ unit: fc.constantFrom(...'-.019AZ_az'), minLength: 1, maxLength: 3 })
      const status = fc.constantFrom<Image['status']>('ACTIVE', 'ACTIVE', 'ARCHIVED', 'ACTIVATING')
      const tags = fc.uniqueArray(fc.record({ tag, status }), { selector: (each) => each.tag, maxLength: 8 })
      const limit = fc.oneof(fc.nat({ max: 9 }), fc.constant(2 ** 52))
      const after = fc.oneof(tag, fc.constant(''))
      const rollBack = new Error('Each run begins with nothing')
      await fc.assert(
        fc.asyncProperty(tags, after, limit, async (pushed, after, limit) => {
          const run = database.write(async (tx) => {
            const [repository, other] = [await addRepository(tx, 'named'), await addRepository(tx, 'other')]
            await tx.images.tag(await addImage(tx, other, 'stranger'), 'stranger')
            for (const each of pushed) {
              const image = await addImage(tx, repository, `named ${each.tag}`)
              await tx.images.tag(image, each.tag)
              await tx.images.setStatus(image.id, each.status, 7)
            }
            const active = pushed.filter((each) => each.status === 'ACTIVE' && each.tag > after)
            const all = active.map((each) => each.tag).sort()
            const page = all.slice(0, limit)
            expect(await tx.images.listTags(repository.id, { after, limit })).toEqual({
              json: JSON.stringify(page),
              continuesAfter: page.length < all.length ? page.at(-1) : undefined,
            })
            throw rollBack
          })
          await expect(run).rejects.toBe(rollBack)
        }),
        { numRuns: 200 },
      )
    })

    it('are chosen by artifact type as the rule has it', async () => {
      const type = fc.string({ unit: 'grapheme-ascii', maxLength: 6 }).map((text) => text.replaceAll('*', ''))
      const pattern = fc.tuple(type, fc.constantFrom('', '*')).map((parts) => parts.join(''))
      const types = fc.uniqueArray(type.filter(Boolean), { maxLength: 6 })
      const patterns = fc.array(pattern.filter(Boolean), { minLength: 1, maxLength: 3 })
      const rollBack = new Error('Each run begins with nothing')
      await fc.assert(
        fc.asyncProperty(types, patterns, async (artifactTypes, wanted) => {
          // Some that certainly match.
          const asked = [...wanted, ...artifactTypes.slice(0, 2).map((text) => `${text.slice(0, 2)}*`)]
          const run = database.write(async (tx) => {
            const repository = await addRepository(tx, 'typed')
            await addImage(tx, repository, 'without')
            for (const artifactType of artifactTypes)
              await addImage(tx, repository, `with ${artifactType}`, { artifactType })
            const page = { after: 0, limit: 100 }
            const found = await tx.images.list(repository.id, { artifactTypes: asked }, page)
            expect(found.map(({ artifactType }) => artifactType)).toEqual(
              [undefined, ...artifactTypes].filter((text) => matchesArtifactType(text, asked)),
            )
            throw rollBack
          })
          await expect(run).rejects.toBe(rollBack)
        }),
        { numRuns: 50 },
      )
    })
  })

  it('names the repositories of a registry as JSON has them, page by page', async () => {
    const list = (page: { after: string; limit: number }) =>
      database.read((tx) => tx.repositories.listNames(here, page))
    expect(await list({ after: '', limit: 2 })).toEqual({ json: '[]', continuesAfter: undefined })
    await database.write(async (tx) => {
      for (const name of ['b/c', 'b-c', 'a1']) await addRepository(tx, name)
      await addRepository(tx, 'elsewhere', elsewhere)
    })
    expect(await list({ after: '', limit: 0 })).toEqual({ json: '[]', continuesAfter: undefined })
    expect(await list({ after: '', limit: 1 })).toEqual({ json: '["a1"]', continuesAfter: 'a1' })
    expect(await list({ after: '', limit: 2 })).toEqual({ json: '["a1","b-c"]', continuesAfter: 'b-c' })
    expect(await list({ after: '', limit: 3 })).toEqual({
      json: '["a1","b-c","b/c"]',
      continuesAfter: undefined,
    })
    expect(await list({ after: 'b-c', limit: 3 })).toEqual({ json: '["b/c"]', continuesAfter: undefined })
  })

  describe('uploads', () => {
    it('are as they were begun, and as their progress was saved last', async () => {
      const progress = {
        receivedBytes: 30,
        partCount: 2,
        firstPartBytes: 20,
        lastPartBytes: 10,
        hasShortPart: true,
      }
      const [begun, later] = await database.write(async (tx) => {
        const { id: repositoryId } = await addRepository(tx, 'uploaded')
        await tx.uploads.save({ ...upload, repositoryId, digestAlgorithm: 'sha512' })
        const found = await tx.uploads.find(repositoryId, 'upload')
        await tx.uploads.save({ ...upload, repositoryId, ...progress })
        return [found, await tx.uploads.find(repositoryId, 'upload')]
      })
      expect(begun).toMatchObject({ receivedBytes: 0, firstPartBytes: 0, digestAlgorithm: 'sha512' })
      expect(later).toEqual({ ...begun, ...progress })
    })
  })

  describe('layers', () => {
    it('are known by the newest manifest that names them, and stay while one does', async () => {
      const seen = await database.write(async (tx) => {
        const repository = await addRepository(tx, 'layered')
        const layer = layerNamed('layer')
        await tx.layers.link(repository.id, layer)
        const find = () => tx.layers.find(repository.id, layer.digest)
        const unnamed = await find()
        await addImage(tx, repository, 'old', { blobs: ['layer'] })
        const image = await addImage(tx, repository, 'new', { blobs: ['layer'] })
        const named = await find()
        const taken = [await tx.layers.unlinkUnreferenced(2)]
        await tx.repositories.delete(image.repositoryId)
        taken.push(await tx.layers.unlinkUnreferenced(2))
        return { unnamed, named, taken, owned: await tx.layers.isOwned(layer.digest) }
      })
      expect(seen.unnamed).toMatchObject({ mediaType: undefined, referenced: false, sizeInBytes: 5 })
      expect(seen.named).toMatchObject({ mediaType: 'text/new', referenced: true })
      expect(seen).toMatchObject({ taken: [0, 0], owned: false })
    })

    it('tell who owns them in a registry, the newest owner first', async () => {
      const owners = await database.write(async (tx) => {
        const names = ['first', 'second', 'third']
        for (const [at, name] of names.entries())
          await tx.layers.link((await addRepository(tx, name)).id, layerNamed('layer', at))
        await tx.layers.link((await addRepository(tx, 'fourth', elsewhere)).id, layerNamed('layer', 9))
        await tx.layers.link((await addRepository(tx, 'fifth')).id, layerNamed('other', 9))
        const { digest } = layerNamed('layer')
        return [await tx.layers.ownersOf(here, digest, 9), await tx.layers.ownersOf(here, digest, 2)]
      })
      expect(owners).toEqual([
        ['third', 'second', 'first'],
        ['third', 'second'],
      ])
    })

    it('that nothing names go once they are old enough, repository by repository', async () => {
      const taken = await database.write(async (tx) => {
        const [one, two] = [await addRepository(tx, 'one'), await addRepository(tx, 'two')]
        await tx.layers.link(one.id, layerNamed('layer', 10))
        await tx.layers.link(two.id, layerNamed('layer', 20))
        const counts = [await tx.layers.unlinkUnreferenced(10), await tx.layers.unlinkUnreferenced(11)]
        return {
          counts,
          left: await tx.layers.totals(),
          there: await tx.layers.find(two.id, layerNamed('layer').digest),
        }
      })
      expect(taken).toMatchObject({
        counts: [0, 1],
        left: { count: 1, sizeInBytes: 5 },
        there: { sizeInBytes: 5 },
      })
    })
  })

  it('finds the policies that decide, whose repository may be missing, and nothing where there are none', async () => {
    const find = (name?: string, registry = here) => database.read((tx) => tx.policies.find(registry, name))
    const resourceTags = [{ key: 'stage', value: 'test' }]
    await database.write(async (tx) => {
      const { id } = await addRepository(tx, 'one')
      await tx.repositories.update(id, { resourceTags })
      await tx.registrySettings.put(here, 'accountSettings', { BLOB_MOUNTING: 'ENABLED' })
    })
    expect(await find('one')).toBeUndefined()

    await database.write((tx) => tx.registrySettings.put(here, 'registryPolicy', '{"of":"registry"}'))
    const ofRegistry = { registry: '{"of":"registry"}', accountSettings: { BLOB_MOUNTING: 'ENABLED' } }
    expect(await find('one')).toEqual({ ...ofRegistry, repository: undefined, resourceTags })
    for (const name of ['two', undefined])
      expect(await find(name)).toEqual({ ...ofRegistry, repository: undefined, resourceTags: [] })
    expect(await find('one', elsewhere)).toBeUndefined()

    await database.write(async (tx) => {
      const { id } = await addRepository(tx, 'one', elsewhere)
      await tx.repositories.setPolicy(id, '{}')
    })
    const ofRepository = { repository: '{}', registry: undefined, accountSettings: {}, resourceTags: [] }
    expect(await find('one', elsewhere)).toEqual(ofRepository)
  })

  it('forgets sessions that are over', async () => {
    const found = await database.write(async (tx) => {
      await tx.sessions.insert(session)
      await tx.sessions.deleteExpired(session.expiresAt)
      const before = await tx.sessions.find(session.accessKeyId)
      await tx.sessions.deleteExpired(session.expiresAt + 1)
      return [before, await tx.sessions.find(session.accessKeyId)]
    })
    expect(found).toEqual([session, undefined])
  })
})
