/** Writes `src/generated/` from `api-models/` and its patches: npm run generate. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ApiModel, loadModel } from './generate/model.ts'
import { operationsFile } from './generate/operations.ts'
import { inputSchemasFile, outputSchemasFile } from './generate/schemas.ts'
import { typesFile } from './generate/types.ts'

export const GENERATED = new URL('../src/generated/', import.meta.url)

/** The services served, by the folder their files go to. */
export function loadModels(): Record<'ecr' | 'sts', ApiModel> {
  return { ecr: loadModel('ecr-2015-09-21'), sts: loadModel('sts-2011-06-15') }
}

/** The text of every generated file, by its path under `src/generated/`. */
export function generate(models: Record<string, ApiModel>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(models).flatMap(([folder, model]) => [
      [`${folder}/types.ts`, typesFile(model)],
      [`${folder}/schemas.ts`, inputSchemasFile(model)],
      [`${folder}/output-schemas.ts`, outputSchemasFile(model)],
      [`${folder}/operations.ts`, operationsFile(model)],
    ]),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const models = loadModels()
  const files = generate(models)
  rmSync(GENERATED, { recursive: true, force: true })
  for (const folder of Object.keys(models)) mkdirSync(new URL(`${folder}/`, GENERATED), { recursive: true })
  for (const [path, text] of Object.entries(files)) writeFileSync(new URL(path, GENERATED), text)
  console.log(`src/generated: ${Object.keys(files).length} files`)
}
