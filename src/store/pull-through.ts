import type {
  PullThroughRule,
  PullThroughRuleReads,
  PullThroughRuleWrites,
  UpstreamCheckReads,
  UpstreamCheckWrites,
} from './contract/pull-through.ts'
import type { Remembered } from './remembered.ts'
import type { Sql } from './sql.ts'

interface Row {
  prefix: string
  content: string
  created_at: number
  updated_at: number
}

const FIND = 'SELECT * FROM pull_through_rules WHERE account_id = ? AND region = ? AND prefix = ?'
const LIST = `SELECT * FROM pull_through_rules WHERE account_id = ? AND region = ? AND prefix > ?
  ORDER BY prefix LIMIT ?`
const ALL = 'SELECT * FROM pull_through_rules WHERE account_id = ? AND region = ? ORDER BY prefix'
const PUT = `INSERT INTO pull_through_rules (account_id, region, prefix, content, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (account_id, region, prefix) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at`
const DELETE = 'DELETE FROM pull_through_rules WHERE account_id = ? AND region = ? AND prefix = ?'

/** @param known of all settings of registries: every pull asks for the rules, and few change */
export function pullThroughRules(sql: Sql, known: Remembered): PullThroughRuleReads & PullThroughRuleWrites {
  return {
    async find({ accountId, region }, prefix) {
      const row = await sql.get<Row>(FIND, accountId, region, prefix)
      return row && ruleOf(row)
    },
    async list({ accountId, region }, { after, limit }) {
      return (await sql.all<Row>(LIST, accountId, region, after, limit)).map(ruleOf)
    },
    all: ({ accountId, region }) =>
      known.find(`pull-through rules\n${accountId}\n${region}`, async () =>
        (await sql.all<Row>(ALL, accountId, region)).map(ruleOf),
      ),
    async put({ accountId, region }, { ecrRepositoryPrefix, createdAt, updatedAt, ...content }) {
      const text = JSON.stringify(content)
      known.change()
      await sql.run(PUT, accountId, region, ecrRepositoryPrefix, text, createdAt, updatedAt)
    },
    async delete({ accountId, region }, prefix) {
      known.change()
      await sql.run(DELETE, accountId, region, prefix)
    },
  }
}

function ruleOf({ prefix, content, created_at, updated_at }: Row): PullThroughRule {
  const rest = JSON.parse(content) as Omit<PullThroughRule, 'ecrRepositoryPrefix' | 'createdAt' | 'updatedAt'>
  return { ...rest, ecrRepositoryPrefix: prefix, createdAt: created_at, updatedAt: updated_at }
}

const CHECKED_AT = 'SELECT checked_at FROM upstream_checks WHERE repository_id = ? AND reference = ?'
const NOTE = `INSERT INTO upstream_checks (repository_id, reference, checked_at) VALUES (?, ?, ?)
  ON CONFLICT (repository_id, reference) DO UPDATE SET checked_at = excluded.checked_at`

export function upstreamChecks(sql: Sql): UpstreamCheckReads & UpstreamCheckWrites {
  return {
    async checkedAt(repositoryId, reference) {
      return (await sql.get<{ checked_at: number }>(CHECKED_AT, repositoryId, reference))?.checked_at
    },
    async note(repositoryId, reference, at) {
      await sql.run(NOTE, repositoryId, reference, at)
    },
  }
}
