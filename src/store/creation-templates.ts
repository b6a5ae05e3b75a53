import type {
  CreationTemplate,
  CreationTemplateReads,
  CreationTemplateWrites,
} from './contract/creation-templates.ts'
import type { Sql } from './sql.ts'

interface Row {
  prefix: string
  content: string
  created_at: number
  updated_at: number
}

const FIND = 'SELECT * FROM creation_templates WHERE account_id = ? AND region = ? AND prefix = ?'
const LIST = `SELECT * FROM creation_templates WHERE account_id = ? AND region = ? AND prefix > ?
  ORDER BY prefix LIMIT ?`
const PUT = `INSERT INTO creation_templates (account_id, region, prefix, content, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (account_id, region, prefix) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at`
const DELETE = 'DELETE FROM creation_templates WHERE account_id = ? AND region = ? AND prefix = ?'

export function creationTemplates(sql: Sql): CreationTemplateReads & CreationTemplateWrites {
  return {
    async find({ accountId, region }, prefix) {
      const row = await sql.get<Row>(FIND, accountId, region, prefix)
      return row && templateOf(row)
    },
    async list({ accountId, region }, { after, limit }) {
      return (await sql.all<Row>(LIST, accountId, region, after, limit)).map(templateOf)
    },
    async put({ accountId, region }, { prefix, createdAt, updatedAt, ...content }) {
      await sql.run(PUT, accountId, region, prefix, JSON.stringify(content), createdAt, updatedAt)
    },
    async delete({ accountId, region }, prefix) {
      await sql.run(DELETE, accountId, region, prefix)
    },
  }
}

function templateOf({ prefix, content, created_at, updated_at }: Row): CreationTemplate {
  const settings = JSON.parse(content) as Omit<CreationTemplate, 'prefix' | 'createdAt' | 'updatedAt'>
  return { ...settings, prefix, createdAt: created_at, updatedAt: updated_at }
}
