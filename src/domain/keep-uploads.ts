import type { Domain } from './domain.ts'
import { endRun } from './upload-runs.ts'

/** At the end of a process: uploads that have begun become rows, and need no proof in the next one. */
export async function keepUploads({ database, begunUploads }: Domain): Promise<void> {
  await database.write(async (tx) => {
    for (const upload of begunUploads.all())
      if (await tx.repositories.exists(upload.repositoryId)) await tx.uploads.save(upload)
    await endRun(tx, begunUploads.runs)
  })
}
