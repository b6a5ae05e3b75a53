import type { Signing, SigningReads, SigningStatus, SigningWrites } from './contract/signings.ts'
import type { Sql } from './sql.ts'

interface Row {
  profile_arn: string
  status: SigningStatus
  failure_code: string | null
  failure_reason: string | null
}

const LIST = 'SELECT * FROM image_signings WHERE image_id = ? ORDER BY profile_arn'
const BEGIN = `INSERT INTO image_signings (image_id, profile_arn, status) VALUES (?, ?, 'IN_PROGRESS')
  ON CONFLICT (image_id, profile_arn) DO NOTHING`
const END = `UPDATE image_signings SET status = ?, failure_code = ?, failure_reason = ?
  WHERE image_id = ? AND profile_arn = ?`

export function signings(sql: Sql): SigningReads & SigningWrites {
  return {
    async list(imageId) {
      return (await sql.all<Row>(LIST, imageId)).map(signingOf)
    },
    async begin(imageId, signingProfileArn) {
      return (await sql.run(BEGIN, imageId, signingProfileArn)) > 0
    },
    async end(imageId, { signingProfileArn, status, failureCode, failureReason }) {
      await sql.run(END, status, failureCode ?? null, failureReason ?? null, imageId, signingProfileArn)
    },
  }
}

function signingOf({ profile_arn, status, failure_code, failure_reason }: Row): Signing {
  return {
    signingProfileArn: profile_arn,
    status,
    failureCode: failure_code ?? undefined,
    failureReason: failure_reason ?? undefined,
  }
}
