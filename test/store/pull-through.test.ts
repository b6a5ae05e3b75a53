import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database, PullThroughRule } from '../../src/store/database.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { bareRepository } from '../support/bare-repository.ts'

const here = { accountId: '000000000000', region: 'eu-west-1' }
const elsewhere = { accountId: '000000000000', region: 'us-east-1' }
const ruleOf = (ecrRepositoryPrefix: string, changes: Partial<PullThroughRule> = {}): PullThroughRule => ({
  ecrRepositoryPrefix,
  upstreamRegistryUrl: 'quay.io',
  upstreamRepositoryPrefix: 'ROOT',
  createdAt: 1,
  updatedAt: 1,
  ...changes,
})

describe('pull through cache in the store', () => {
  let directory: string
  let database: Database
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecr-local-store-'))
    database = openSqlite({ file: join(directory, 'metadata.sqlite'), durable: false })
  })
  afterEach(async () => {
    await database.close()
    rmSync(directory, { recursive: true })
  })

  const list = (registry = here, page = { after: '', limit: 10 }) =>
    database.read((tx) => tx.pullThroughRules.list(registry, page))

  it('keeps rules whole, a newer one in place of an older but for its beginning', async () => {
    const customRoleArn = 'arn:aws:iam::000000000000:role/reader'
    await database.write(async (tx) => {
      await tx.pullThroughRules.put(here, ruleOf('team'))
      await tx.pullThroughRules.put(here, ruleOf('team', { customRoleArn, createdAt: 2, updatedAt: 2 }))
    })
    const found = await database.read((tx) => tx.pullThroughRules.find(here, 'team'))
    expect(found).toEqual(ruleOf('team', { customRoleArn, updatedAt: 2 }))
  })

  it('lists the rules of one registry in the order of their prefixes', async () => {
    await database.write(async (tx) => {
      for (const prefix of ['cc', 'aa', 'bb']) await tx.pullThroughRules.put(here, ruleOf(prefix))
      await tx.pullThroughRules.put(elsewhere, ruleOf('dd'))
    })
    expect(await list()).toEqual([ruleOf('aa'), ruleOf('bb'), ruleOf('cc')])
    expect(await list(here, { after: 'aa', limit: 1 })).toEqual([ruleOf('bb')])
  })

  it('tells all rules of a registry as the last change left them', async () => {
    const all = (registry = here) => database.read((tx) => tx.pullThroughRules.all(registry))
    const told = [await all()]
    await database.write(async (tx) => {
      for (const prefix of ['bb', 'aa']) await tx.pullThroughRules.put(here, ruleOf(prefix))
    })
    told.push(await all())
    await database.write((tx) => tx.pullThroughRules.put(here, ruleOf('aa', { updatedAt: 2 })))
    told.push(await all())
    await database.write((tx) => tx.pullThroughRules.delete(here, 'bb'))
    told.push(await all())
    await database.clear(here)
    told.push(await all())
    const changed = ruleOf('aa', { updatedAt: 2 })
    expect(told).toEqual([[], [ruleOf('aa'), ruleOf('bb')], [changed, ruleOf('bb')], [changed], []])
    expect(await all(elsewhere)).toEqual([])
  })

  it('forgets rules with their registry, and checks with their repository', async () => {
    const id = await database.write(async (tx) => {
      for (const registry of [here, elsewhere]) await tx.pullThroughRules.put(registry, ruleOf('team'))
      const repository = await tx.repositories.insert(bareRepository(elsewhere, 'team/app'))
      await tx.upstreamChecks.note(repository.id, 'v1', 5)
      await tx.upstreamChecks.note(repository.id, 'v1', 6)
      return repository.id
    })
    const checkedAt = (tag: string) => database.read((tx) => tx.upstreamChecks.checkedAt(id, tag))
    expect([await checkedAt('v1'), await checkedAt('v2')]).toEqual([6, undefined])

    await database.clear(here)
    expect([await list(), await list(elsewhere)]).toEqual([[], [ruleOf('team')]])
    await database.write((tx) => tx.repositories.delete(id))
    expect(await checkedAt('v1')).toBeUndefined()
    await database.clear()
    expect(await list(elsewhere)).toEqual([])
  })
})
