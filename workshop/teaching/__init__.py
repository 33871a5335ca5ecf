"""What a teacher needs: exercises with their two editions, and the marking of what is handed in."""
