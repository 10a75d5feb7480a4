"""One file per competitor: `build(net, variant)`, and `chain(shape, variant)` where it has one."""
