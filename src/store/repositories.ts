import type { ExclusionFilter, TagMutability } from '../rules/tag-mutability.ts'
import type {
  Encryption,
  Repository,
  RepositoryReads,
  RepositoryWrites,
  ResourceTag,
} from './contract/repositories.ts'
import { listing, nameList } from './name-list.ts'
import type { Remembered } from './remembered.ts'
import type { Sql } from './sql.ts'

interface Row {
  id: number
  account_id: string
  region: string
  name: string
  created_at: number
  tag_mutability: TagMutability
  exclusion_filters: string
  scan_on_push: number
  encryption_type: Encryption['encryptionType']
  kms_key: string | null
  resource_tags: string
  policy: string | null
  lifecycle_policy: string | null
  lifecycle_evaluated_at: number | null
}

const FIND = 'SELECT * FROM repositories WHERE account_id = ? AND region = ? AND name = ?'
const EXISTS = 'SELECT 1 FROM repositories WHERE id = ?'
const IMAGE_COUNT = 'SELECT image_count FROM repositories WHERE id = ?'
const LIST =
  'SELECT * FROM repositories WHERE account_id = ? AND region = ? AND name > ? ORDER BY name LIMIT ?'
const LIST_NAMES = listing(
  'SELECT name FROM repositories WHERE account_id = ? AND region = ? AND name > ? ORDER BY name LIMIT ?',
)
const LAST = 'SELECT COALESCE(MAX(id), 0) AS id FROM repositories'
const COUNT = 'SELECT COUNT(*) AS count FROM repositories WHERE account_id = ? AND region = ?'
const LIST_WITH_LIFECYCLE_POLICY =
  'SELECT * FROM repositories WHERE lifecycle_policy IS NOT NULL AND id > ? ORDER BY id LIMIT ?'
const COUNT_ALL = 'SELECT COUNT(*) AS count FROM repositories'
const INSERT = `INSERT INTO repositories (account_id, region, name, created_at, tag_mutability,
  exclusion_filters, scan_on_push, encryption_type, kms_key, resource_tags)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`
const UPDATE = `UPDATE repositories SET tag_mutability = COALESCE(?, tag_mutability),
  exclusion_filters = COALESCE(?, exclusion_filters), scan_on_push = COALESCE(?, scan_on_push),
  resource_tags = COALESCE(?, resource_tags) WHERE id = ?`
const SET_POLICY = 'UPDATE repositories SET policy = ? WHERE id = ?'
const SET_LIFECYCLE_POLICY =
  'UPDATE repositories SET lifecycle_policy = ?, lifecycle_evaluated_at = NULL WHERE id = ?'
const SET_LIFECYCLE_EVALUATED = 'UPDATE repositories SET lifecycle_evaluated_at = ? WHERE id = ?'
const DELETE = 'DELETE FROM repositories WHERE id = ?'

export function repositories(sql: Sql, known: Remembered): RepositoryReads & RepositoryWrites {
  return {
    find: ({ accountId, region }, name) =>
      known.find(`repository\n${accountId}\n${region}\n${name}`, async () => {
        const row = await sql.get<Row>(FIND, accountId, region, name)
        return row && repositoryOf(row)
      }),
    async exists(id) {
      return (await sql.get(EXISTS, id)) !== undefined
    },
    async imageCount(id) {
      return (await sql.get<{ image_count: number }>(IMAGE_COUNT, id))?.image_count ?? 0
    },
    async list({ accountId, region }, { after, limit }) {
      return (await sql.all<Row>(LIST, accountId, region, after, limit)).map(repositoryOf)
    },
    listNames: ({ accountId, region }, { after, limit }) =>
      nameList(sql, LIST_NAMES, limit, accountId, region, after),
    async hasAtLeast({ accountId, region }, count) {
      // Counting takes the longer the more there are. Ids count up: there were never more than the last one says.
      const last = (await sql.get<{ id: number }>(LAST))?.id ?? 0
      if (last < count) return false
      return ((await sql.get<{ count: number }>(COUNT, accountId, region))?.count ?? 0) >= count
    },
    async countAll() {
      return (await sql.get<{ count: number }>(COUNT_ALL))?.count ?? 0
    },
    async listWithLifecyclePolicy({ after, limit }) {
      return (await sql.all<Row>(LIST_WITH_LIFECYCLE_POLICY, after, limit)).map(repositoryOf)
    },
    async insert(repository) {
      known.change()
      const { id } = (await sql.get<{ id: number }>(
        INSERT,
        repository.registry.accountId,
        repository.registry.region,
        repository.name,
        repository.createdAt,
        repository.imageTagMutability,
        JSON.stringify(repository.exclusionFilters),
        repository.scanOnPush ? 1 : 0,
        repository.encryption.encryptionType,
        repository.encryption.kmsKey ?? null,
        JSON.stringify(repository.resourceTags),
      )) as { id: number }
      const never = { policyText: undefined, lifecyclePolicyText: undefined, lifecycleEvaluatedAt: undefined }
      return { id, ...repository, ...never }
    },
    async update(id, { imageTagMutability, exclusionFilters, scanOnPush, resourceTags }) {
      known.change()
      await sql.run(
        UPDATE,
        imageTagMutability ?? null,
        exclusionFilters ? JSON.stringify(exclusionFilters) : null,
        scanOnPush === undefined ? null : Number(scanOnPush),
        resourceTags ? JSON.stringify(resourceTags) : null,
        id,
      )
    },
    async setPolicy(id, text) {
      known.change()
      await sql.run(SET_POLICY, text ?? null, id)
    },
    async setLifecyclePolicy(id, text) {
      known.change()
      await sql.run(SET_LIFECYCLE_POLICY, text ?? null, id)
    },
    async setLifecycleEvaluated(id, at) {
      known.change()
      await sql.run(SET_LIFECYCLE_EVALUATED, at, id)
    },
    async delete(id) {
      known.change()
      await sql.run(DELETE, id)
    },
  }
}

function repositoryOf(row: Row): Repository {
  return {
    id: row.id,
    registry: { accountId: row.account_id, region: row.region },
    name: row.name,
    createdAt: row.created_at,
    imageTagMutability: row.tag_mutability,
    exclusionFilters: JSON.parse(row.exclusion_filters) as ExclusionFilter[],
    scanOnPush: row.scan_on_push === 1,
    encryption: { encryptionType: row.encryption_type, kmsKey: row.kms_key ?? undefined },
    resourceTags: JSON.parse(row.resource_tags) as ResourceTag[],
    policyText: row.policy ?? undefined,
    lifecyclePolicyText: row.lifecycle_policy ?? undefined,
    lifecycleEvaluatedAt: row.lifecycle_evaluated_at ?? undefined,
  }
}
