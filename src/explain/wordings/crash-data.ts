import type { Wording } from './wording.ts'

/** What programs say of their data. */
export const datas: readonly Wording[] = [
  {
    name: 'MigrationPending',
    says: /(?:pending|unapplied|failed) migrations?\b|migrations? (?:is|are|have|has) (?:pending|not |failed)|PendingMigration|migration checksum mismatch|dirty database version|schema (?:version|is)[^\n]{0,40}(?:out of date|behind|older|mismatch)|can't locate revision|migrations? failed|failed to (?:run|apply) migrations?/i,
    what: 'the schema of its database is not the one that this version needs',
    fix: 'run the migrations of this version before it starts (a Job or a hook); where one failed or was changed afterwards, repair it and the history of migrations',
  },
  {
    name: 'DataLocked',
    says: /unable to lock|already (?:locked|running)\b|another (?:process|instance|server|\w+d process)|lock file\b[^\n]*(?:exists|held)|(?:could not|cannot|failed to|unable to) (?:acquire|obtain|get|take)[^\n]{0,40}\block\b|database is locked|held by process|waiting for changelog lock|lock[^\n]{0,40}resource temporarily unavailable/i,
    what: 'another process holds its data',
    fix: 'let one pod alone use that volume (one replica with strategy Recreate, or a claim for each), stop the other process, or remove the lock that a dead one left',
  },
  {
    name: 'DataOfOther',
    says: /(?:cluster|node|system) ?(?:id|identifier|uuid)\b[^\n]{0,80}(?:does not|doesn't|did not|do not) match|InconsistentClusterId|(?:join|belongs? to|from)[^\n]{0,20} (?:the wrong|another|a different) cluster|already been bootstrapped/i,
    what: 'its data belongs to another cluster than the one it is to join',
    fix: 'give it the volume with the data of its own cluster, or an empty one once the old data is not needed: its log names the file that holds the id',
  },
  {
    name: 'DataIncompatible',
    says: /incompatible with (?:this |the )?(?:server|version)|(?:data|database)[^\n]{0,60}(?:initiali[sz]ed|created|written) by \S+ version|cannot (?:downgrade|be downgraded|upgrade) from|unsupported (?:redo log|data file|on-disk) format|downgrade\w* (?:is|are) not supported/i,
    what: 'its data was written by a version that this one cannot read',
    fix: 'run the version that wrote the data (image tag), or bring the data over to this one (its upgrade tool, or dump and restore)',
  },
  {
    name: 'DataDirNotEmpty',
    says: /exists but is not empty|data directory is not empty|lost\+found/i,
    what: 'the folder for its data holds something else, such as lost+found of a new volume',
    fix: 'let it keep its data in a folder below the mount (PGDATA, --datadir, subPath)',
  },
  {
    name: 'DataCorrupted',
    says: /invalid magic number|\bcorrupt(?:ed|ion)?\b|invalid page in block|could not locate a valid checkpoint|bad (?:block|crc|checksum|file format)|\b(?:crc|checksum) mismatch|invalid primary checkpoint/i,
    what: 'its data is broken',
    fix: 'restore the data from a backup (one member of a cluster that has others: remove its data, and let it join anew), or remove the broken part as the documentation of the program says',
  },
]
