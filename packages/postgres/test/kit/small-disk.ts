import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, user } from './postgres-server.ts'

/** A file system of a few megabytes in memory, which has the tables that are made from now on in a database of a server. A test can fill it. */
export class SmallDisk {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** @returns why it cannot be mounted, if that is refused: only root may do it, and not in every container */
  static async mount(server: PostgresServer): Promise<SmallDisk | string> {
    if (!user) return 'only root may mount a small disk'
    const directory = join(server.directory, 'small')
    mkdirSync(directory)
    const options = `size=24m,mode=700,uid=${user.uid},gid=${user.gid}`
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
    if (status !== 0) return `a small disk cannot be mounted: ${stderr}`
    await server.query(`CREATE TABLESPACE small LOCATION '${directory}'`)
    await server.query('ALTER DATABASE postgres SET default_tablespace = small')
    return new SmallDisk(directory)
  }

  /** Leaves no room. */
  fill(): void {
    const file = openSync(this.#filler, 'a')
    // A smaller piece fits in where a larger one does not.
    for (let bytes = 1_048_576; bytes >= 1; )
      try {
        writeSync(file, Buffer.alloc(bytes))
      } catch {
        bytes = Math.floor(bytes / 4)
      }
    closeSync(file)
  }

  /** Makes room again. */
  empty(): void {
    rmSync(this.#filler, { force: true })
  }

  /** When the server has ended. */
  unmount(): void {
    spawnSync('umount', [this.#directory])
  }

  get #filler(): string {
    return join(this.#directory, 'filler')
  }
}
