import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Digest } from '../../src/rules/digest.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { UnusableDatabase } from '../../src/store/open-writer.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

describe('openSqlite', () => {
  let directory: string
  let file: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecr-local-sqlite-'))
    file = join(directory, 'metadata.db')
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(directory, { recursive: true })
  })

  /** What is refused is not touched, leaves nothing beside it, and is not held open. */
  function expectRefusal(message: string): void {
    const before = readFileSync(file)
    const close = vi.spyOn(SQLite.prototype, 'close')
    const open = () => openSqlite({ file, durable: true })
    expect(open).toThrow(UnusableDatabase)
    expect(open).toThrow(message)
    expect(close).toHaveBeenCalledTimes(2)
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(readdirSync(directory)).toEqual(['metadata.db'])
  }

  /** Changes the database behind the back of the store. */
  function alter(script: string): void {
    const handle = new SQLite(file)
    handle.exec(script)
    handle.close()
  }

  /** A database of ours with some pages. */
  async function ours(): Promise<Buffer> {
    const database = openSqlite({ file, durable: true })
    await database.write((tx) => tx.settings.put('key', Buffer.alloc(100_000, 1)))
    await database.close()
    return readFileSync(file)
  }

  it('makes the file with its directory, and opens it again', async () => {
    file = join(directory, 'deep/er/metadata.db')
    for (const value of ['first', 'second']) {
      const database = openSqlite({ file, durable: true })
      await database.write((tx) => tx.settings.put(value, Buffer.from(value)))
      expect(`${await database.read((tx) => tx.settings.get('first'))}`).toBe('first')
      await database.close()
    }
  })

  it('brings what an older version kept over into its own schema', async () => {
    const handle = new SQLite(file)
    for (const script of migrations.slice(0, 8)) handle.exec(script)
    handle.exec(`
      PRAGMA application_id = ${0x6563726c};
      PRAGMA user_version = 8;
      INSERT INTO repositories (id, account_id, region, name, created_at, tag_mutability, exclusion_filters,
          scan_on_push, encryption_type, resource_tags)
        VALUES (1, '000000000000', 'eu-west-1', 'r', 1, 'MUTABLE', '[]', 0, 'AES256', '[]');
      INSERT INTO images (id, repository_id, digest, media_type, manifest_size, size, pushed_at)
        VALUES (1, 1, 'sha256:1', 'type', 1, 1, 1);
      INSERT INTO image_scans (image_id, scan_type, status, requested_at, findings)
        VALUES (1, 'BASIC', 'COMPLETE', 1, '[{"name":"CVE-1"},{"name":"CVE-2"}]');
      INSERT INTO jobs (kind, account_id, region, payload, due_at) VALUES
        ('signImage', '000000000000', 'eu-west-1', '{}', 1), ('scanImage', '000000000000', 'eu-west-1', '{}', 2);
    `)
    handle.close()

    const database = openSqlite({ file, durable: true })
    const kept = await database.read(async ({ imageScans, jobs }) => ({
      findings: await imageScans.findings(1, 'BASIC'),
      jobs: [(await jobs.next('main'))?.kind, (await jobs.next('scans'))?.kind],
    }))
    await database.close()
    expect(kept).toEqual({
      findings: [{ name: 'CVE-1' }, { name: 'CVE-2' }],
      jobs: ['signImage', 'scanImage'],
    })
  })

  it('brings the rows of an older version over into tables without indexes of their own', async () => {
    const handle = new SQLite(file)
    for (const script of migrations.slice(0, 14)) handle.exec(script)
    handle.pragma('foreign_keys = ON')
    handle.exec(`
      PRAGMA application_id = ${0x6563726c};
      PRAGMA user_version = 14;
      INSERT INTO repositories (id, account_id, region, name, created_at, tag_mutability, exclusion_filters,
          scan_on_push, encryption_type, resource_tags) VALUES
        (1, '000000000000', 'eu-west-1', 'one', 1, 'MUTABLE', '[]', 0, 'AES256', '[]'),
        (2, '000000000000', 'eu-west-1', 'two', 1, 'MUTABLE', '[]', 0, 'AES256', '[]');
      INSERT INTO manifests (digest, content) VALUES ('sha256:1', x'31'), ('sha256:2', x'32');
      INSERT INTO images (id, repository_id, digest, media_type, manifest_size, size, pushed_at, tag_count) VALUES
        (1, 1, 'sha256:1', 'type', 1, 1, 1, 2), (2, 2, 'sha256:1', 'type', 1, 1, 1, 0), (3, 1, 'sha256:2', 'type', 1, 1, 1, 0);
      INSERT INTO image_tags (repository_id, tag, image_id) VALUES (1, 'b', 1), (1, 'a', 1);
      INSERT INTO layers (repository_id, digest, size, linked_at) VALUES (1, 'sha256:3', 3, 4), (2, 'sha256:3', 3, 5);
      INSERT INTO image_blobs (image_id, repository_id, digest, media_type) VALUES (1, 1, 'sha256:3', 'layer');
      INSERT INTO uploads (id, repository_id, started_at, received_bytes, part_count, last_part_bytes, has_short_part,
          first_part_bytes, digest_algorithm) VALUES ('upload', 1, 2, 30, 2, 10, 1, 20, 'sha512');
      INSERT INTO events (sequence, id, account_id, region, occurred_at, detail_type, resources, detail) VALUES
        (7, 'event', '000000000000', 'eu-west-1', 1, 'type', '[]', '{}'), (8, 'last', '000000000000', 'eu-west-1', 1, 'type', '[]', '{}');
      DELETE FROM events WHERE sequence = 8;
    `)
    handle.close()

    const database = openSqlite({ file, durable: true })
    const kept = await database.read(async ({ images, layers, uploads, events }) => ({
      manifests: await Promise.all([1, 2, 3].map(async (id) => `${await images.manifest(id)}`)),
      tags: await images.tagsOf(1),
      layers: await Promise.all([1, 2].map((id) => layers.find(id, 'sha256:3' as Digest))),
      upload: await uploads.find(1, 'upload'),
      event: await events.sequenceOf('event'),
    }))
    const sequence = await database.write(async ({ events }) => {
      const registry = { accountId: '000000000000', region: 'eu-west-1' }
      await events.append({
        id: 'next',
        registry,
        occurredAt: 1,
        detailType: 'type',
        resources: [],
        detail: {},
      })
      return events.lastSequence()
    })
    await database.write(({ repositories }) => repositories.delete(1))
    const left = await database.read(async ({ images, layers, uploads }) => [
      await images.manifest(1),
      `${await images.manifest(2)}`,
      (await layers.totals()).count,
      await uploads.ids(),
    ])
    await database.close()
    const layer = { digest: 'sha256:3', sizeInBytes: 3, isArchived: false }
    expect(kept).toEqual({
      manifests: ['1', '1', '2'],
      tags: ['a', 'b'],
      layers: [
        { ...layer, mediaType: 'layer', referenced: true, linkedAt: 4 },
        { ...layer, mediaType: undefined, referenced: false, linkedAt: 5 },
      ],
      upload: {
        id: 'upload',
        repositoryId: 1,
        startedAt: 2,
        receivedBytes: 30,
        partCount: 2,
        firstPartBytes: 20,
        lastPartBytes: 10,
        hasShortPart: true,
        digestAlgorithm: 'sha512',
      },
      event: 7,
    })
    expect(sequence).toBe(9)
    expect(left).toEqual([undefined, '1', 1, []])
  })

  it('empties the WAL that an earlier process left, so that nothing new stands behind what was not synced', async () => {
    const left = join(directory, 'left', 'metadata.db')
    const earlier = openSqlite({ file, durable: true })
    await earlier.write((tx) => tx.settings.put('key', Buffer.from('kept')))
    mkdirSync(dirname(left))
    for (const suffix of ['', '-wal']) copyFileSync(file + suffix, left + suffix)
    await earlier.close()
    expect(statSync(`${left}-wal`).size).toBeGreaterThan(0)

    const database = openSqlite({ file: left, durable: true })
    expect(statSync(`${left}-wal`).size).toBe(0)
    expect((await database.read((tx) => tx.settings.get('key')))?.toString()).toBe('kept')
    await database.close()
  })

  it('leaves nothing for the next start to do', async () => {
    const database = openSqlite({ file, durable: true })
    await database.write((tx) => tx.settings.put('key', Buffer.from('kept')))
    await database.read((tx) => tx.settings.get('key'))
    await database.close()
    expect(readdirSync(directory)).toEqual(['metadata.db'])
  })

  it('makes files for their owner alone, whoever may enter the directory', async () => {
    const database = openSqlite({ file, durable: true })
    await database.write((tx) => tx.settings.put('key', Buffer.from('secret')))
    const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777])
    await database.close()
    expect(modes).toEqual(['', '-shm', '-wal'].map((suffix) => [`metadata.db${suffix}`, 0o600]))
  })

  it('takes an empty file as new', async () => {
    writeFileSync(file, '')
    const database = openSqlite({ file, durable: true })
    expect(await database.read((tx) => tx.repositories.countAll())).toBe(0)
    await database.close()
  })

  it('lets go of its files when it is closed', async () => {
    await ours()
    expect(readdirSync(directory)).toEqual(['metadata.db'])
  })

  it('refuses a schema that is newer', async () => {
    await ours()
    alter('PRAGMA user_version = 99')
    expectRefusal(
      `${file} was written by a newer ecr-local (schema 99, this one knows ${migrations.length}); start that version, or choose another --data-dir`,
    )
  })

  it.each([
    ['a table', 'CREATE TABLE notes (text TEXT)'],
    ['a version', 'PRAGMA user_version = 1'],
    ['a table and a mark', 'CREATE TABLE notes (text TEXT); PRAGMA application_id = 7'],
  ])('refuses a database of another program, known by %s', (_, script) => {
    alter(script)
    expectRefusal(`${file} is a database of another program`)
  })

  it.each([
    ['text', () => Buffer.from('hello')],
    ['zeros behind the magic', () => Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000)])],
  ])('refuses what is no database: %s', (_, content) => {
    writeFileSync(file, content())
    expectRefusal(`${file} cannot be used: file is not a database`)
  })

  it.each([
    ['cut in half', (whole: Buffer) => whole.subarray(0, whole.length / 2)],
    ['cut after its first page', (whole: Buffer) => whole.subarray(0, 4096)],
    [
      'overwritten in its schema',
      (whole: Buffer) => Buffer.concat([whole.subarray(0, 100), Buffer.alloc(3996, 7), whole.subarray(4096)]),
    ],
  ])('refuses a database of ours that was %s', async (_, damage) => {
    writeFileSync(file, damage(await ours()))
    expectRefusal(`${file} cannot be used: database disk image is malformed`)
  })

  it('refuses a directory in the place of the file', () => {
    mkdirSync(file)
    expect(() => openSqlite({ file, durable: true })).toThrow(UnusableDatabase)
  })
})
