import type { Session, SessionReads, SessionWrites } from './contract/sessions.ts'
import type { Sql } from './sql.ts'

interface Row {
  access_key_id: string
  secret_access_key: string
  session_token: string
  account_id: string
  principal_arn: string
  user_id: string
  expires_at: number
}

const FIND = 'SELECT * FROM sessions WHERE access_key_id = ?'
const INSERT = `INSERT INTO sessions (access_key_id, secret_access_key, session_token, account_id,
  principal_arn, user_id, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`
const DELETE_EXPIRED = 'DELETE FROM sessions WHERE expires_at < ?'

export function sessions(sql: Sql): SessionReads & SessionWrites {
  return {
    async find(accessKeyId) {
      const row = await sql.get<Row>(FIND, accessKeyId)
      return row && sessionOf(row)
    },
    async insert(session) {
      const { accessKeyId, secretAccessKey, sessionToken, accountId, principalArn, userId, expiresAt } =
        session
      await sql.run(
        INSERT,
        accessKeyId,
        secretAccessKey,
        sessionToken,
        accountId,
        principalArn,
        userId,
        expiresAt,
      )
    },
    async deleteExpired(now) {
      await sql.run(DELETE_EXPIRED, now)
    },
  }
}

function sessionOf(row: Row): Session {
  return {
    accessKeyId: row.access_key_id,
    secretAccessKey: row.secret_access_key,
    sessionToken: row.session_token,
    accountId: row.account_id,
    principalArn: row.principal_arn,
    userId: row.user_id,
    expiresAt: row.expires_at,
  }
}
