//! The one loop: next event or deadline, player, commands, edges.
