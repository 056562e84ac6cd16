package profiles

// template is a new profile's configuration file: all settings with their defaults, as comments, and examples of sets.
const template = `# Settings of the gocluster profile "{name}". Every line below shows a default; remove its # and change it.

[controller]
# The host the controller runs on, over SSH: "user@head". Empty is this machine.
# host = ""

# The address the controller listens on. "0.0.0.0" lets engines and clients on other machines in; they need the
# connection files in security/ as well. Engines started over SSH reach any address: through SSH, if not directly.
# ip = "127.0.0.1"

# The port, 0 for any that is free.
# port = 0

# In its place, a range of which the first free one is taken, for firewalls: "7000-7100".
# ports = ""

# What others are told to connect to, where that is not what the controller can see itself (behind a router, in a
# container): host names or addresses, without a port.
# announce = []

# Whether clients and engines of this machine and this user connect over a Unix socket, which costs less than TCP and encryption.
# local = true

[engines]
# How many engines "gocluster start" starts on this machine; 0 is one per core.
# n = 0

# Whether engines that end by themselves are started again: "always" or "never".
# restart = "always"

# Engines on other machines, in any number of named sets, in place of [engines]. Remove the # of the lines you need.
# Jobs of batch systems find gocluster and this folder in a home directory that all nodes share, and the controller where it
# listens: they need an ip that they can reach. Inside a job of Slurm's, engines start on its nodes and no other job is asked for.
#
#   [sets.lab]
#   where = "ssh"                     # "local", "ssh", "slurm", "pbs", "sge" or "lsf"
#   how = "direct"                    # "direct", "srun" (Slurm's default) or "mpiexec"
#   hosts = ["alpha", "bob@beta:4"]   # as ssh knows them; ":4" is four engines
#   n = 2                             # engines of each host; 0 is one per core; more than cores, for functions that wait
#   slots = 2                         # processes of "gocluster exec" on each host; as many as engines, if it is left out
#   env = { OMP_NUM_THREADS = "1" }
#   dir = "~/work"                    # the working directory
#   nice = 10                         # 0 to 19
#   resources = { gpu = 1 }           # what the machine has, for jobs with views.Needs("gpu", 1)
#   restart = "always"
#   program = "/opt/bin/gocluster"    # where gocluster is on the hosts; if it is left out, it is copied there
#
#   [sets.lab.host.alpha]             # what is different on one host
#   n = 8
#
#   [sets.queue]
#   where = "slurm"
#   how = "srun"
#   nodes = 4
#   tasks = 1                         # engine hosts on each node
#   n = 0                             # engines of each of them
#   time = "2:00:00"
#   partition = "short"
#   directives = ["#SBATCH --account=physics"]
#   prologue = ["module load gcc"]
#   array = false                     # one job for each node
#   leave = "5m"                      # engines begin nothing in the last five minutes; longer than what they do takes
#
#   [sets.ranks]
#   how = "mpiexec"                   # each engine is a rank, or each of "tasks" engine hosts
#   n = 8
#   mpiexec = ["mpiexec"]             # the command, with options such as "--hostfile"
#
#   [sets.spare]
#   where = "local"                   # sets of any kind can follow the work:
#   max = 8                           # more engines while work waits, up to so many,
#   min = 1                           # and fewer, down to so many,
#   idle = "1m"                       # when they have had nothing to do for so long
#   n = 1                             # engines to start with

[ssh]
# The program, a configuration file in place of ~/.ssh/config, and options as they would stand in it: "ConnectTimeout=5".
# command = "ssh"
# config = ""
# options = []

[heartbeat]
# How often peers send a sign of life, and how long one may be silent before it counts as lost.
# interval = "1s"
# silence = "5s"
`
