"""What declaring many entries costs: requests, time, memory and state, on the real engine where there is one."""
